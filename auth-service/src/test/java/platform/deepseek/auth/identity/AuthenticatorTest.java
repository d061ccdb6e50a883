package platform.deepseek.auth.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.credential.StoredKey.State;
import platform.deepseek.auth.limit.Bound;
import platform.deepseek.auth.limit.Level;
import platform.deepseek.auth.limit.LimitTable;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.store.StoreUnavailable;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

class AuthenticatorTest {

  private static final Pepper PEPPER = Pepper.of("5e".repeat(32));
  private static final Duration TRUST = Duration.ofSeconds(2);
  private static final DefaultLimits DEFAULTS =
      new DefaultLimits(
          Limits.of(Measure.REQUESTS_PER_SECOND, 500),
          Map.of(Role.GUEST, Limits.of(Measure.REQUESTS_PER_SECOND, 10)));

  private final AtomicLong nanos = new AtomicLong(1_000_000_000);
  private Instant now = Instant.parse("2026-11-22T10:00:00Z");

  /**
   * A replica that looks up on the caller's thread and counts how often it does: twice at first.
   */
  private final class Replica {
    final AtomicInteger looks = new AtomicInteger();
    final SetbacksSeen setbacks = new SetbacksSeen();
    final RevisionWatch watch;
    final Authenticator authenticator;

    Replica(Database database) {
      watch = new RevisionWatch(database, TRUST, setbacks, nanos::get);
      Executor counting =
          work -> {
            looks.incrementAndGet();
            work.run();
          };
      authenticator =
          new Authenticator(
              PEPPER,
              new Directory(database, DEFAULTS),
              watch,
              setbacks,
              Duration.ofHours(1),
              counting,
              () -> now);
      watch.poll();
    }

    Verdict ask(ApiKey key) {
      return authenticator.authenticate(key).join();
    }

    Identity identity(ApiKey key) {
      return ((Verdict.Known) ask(key)).identity();
    }
  }

  private final class World {
    final Database database;
    final Tenants tenants;
    final Users users;
    final Keys keys;
    final LimitTable limits;
    final Tenant tenant;

    World(Engine engine) {
      database = Database.open(engine.fresh());
      tenants = new Tenants(database, () -> now);
      users = new Users(database, () -> now);
      keys = new Keys(database, PEPPER, "live", () -> now);
      limits = new LimitTable(database);
      tenant = tenants.create("acme", 3);
    }

    IssuedKey issue(Role role) {
      return keys.issue(
          new KeyOrder(
              tenant.id(), Optional.empty(), "k", role, Restrictions.NONE, Optional.empty()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKeyIsLookedUpOnceAndKnownAfterwards(Engine engine) {
    World world = new World(engine);
    Replica replica = new Replica(world.database);
    IssuedKey issued = world.issue(Role.GUEST);
    replica.watch.poll();
    Identity identity = replica.identity(issued.key());
    for (int i = 0; i < 100; i++) {
      assertThat(replica.identity(issued.key())).isSameAs(identity);
    }
    assertThat(replica.looks).hasValue(2);
    assertThat(identity.tenant()).isEqualTo(world.tenant.id());
    assertThat(identity.role()).isEqualTo(Role.GUEST);
    assertThat(identity.treatment())
        .isEqualTo(new Treatment(world.tenant.cacheSalt(), 3, 10, 1, 0));
    assertThat(identity.bounds())
        .containsExactly(
            new Bound(Level.PLATFORM, "", Limits.of(Measure.REQUESTS_PER_SECOND, 500)),
            new Bound(Level.KEY, issued.key().id(), Limits.of(Measure.REQUESTS_PER_SECOND, 10)));
    world.database.close();
  }

  @Test
  void anUnknownIdAndAWrongSecretAreOneAnswerAndLookedUpOnce() {
    World world = new World(Engine.H2);
    Replica replica = new Replica(world.database);
    IssuedKey issued = world.issue(Role.DEVELOPER);
    replica.watch.poll();
    ApiKey unknown = ApiKey.create("live");
    ApiKey wrong = withIdOf(issued.key());
    for (int i = 0; i < 50; i++) {
      assertThat(replica.ask(unknown)).isEqualTo(new Verdict.Unknown());
      assertThat(replica.ask(wrong)).isEqualTo(new Verdict.Unknown());
    }
    assertThat(replica.looks).hasValue(4);
    assertThat(replica.ask(issued.key())).isInstanceOf(Verdict.Known.class);
    world.database.close();
  }

  /** A well-formed key with another's id and a secret of its own. */
  private static ApiKey withIdOf(ApiKey key) {
    String invented = ApiKey.create("live").reveal();
    String body = "sk-live_" + key.id() + invented.substring(16, 60);
    CRC32 crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.US_ASCII));
    String digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    StringBuilder check = new StringBuilder();
    for (long rest = crc.getValue(); check.length() < 6; rest /= 62) {
      check.insert(0, digits.charAt((int) (rest % 62)));
    }
    return ApiKey.parse(body + "_" + check).orElseThrow();
  }

  @Test
  void unknownAndWrongTakeTheSameTime() {
    World world = new World(Engine.H2);
    Replica replica = new Replica(world.database);
    ApiKey wrong = withIdOf(world.issue(Role.DEVELOPER).key());
    ApiKey unknown = ApiKey.create("live");
    replica.watch.poll();
    int rounds = 20_000;
    long[] ofWrong = new long[rounds];
    long[] ofUnknown = new long[rounds];
    for (int i = -rounds; i < rounds; i++) {
      long start = System.nanoTime();
      replica.ask(wrong);
      long between = System.nanoTime();
      replica.ask(unknown);
      long end = System.nanoTime();
      if (i >= 0) {
        ofWrong[i] = between - start;
        ofUnknown[i] = end - between;
      }
    }
    Arrays.sort(ofWrong);
    Arrays.sort(ofUnknown);
    double ratio = (double) ofWrong[rounds / 2] / ofUnknown[rounds / 2];
    assertThat(ratio).as("median of wrong over median of unknown").isBetween(0.67, 1.5);
    world.database.close();
  }

  @ParameterizedTest
  @EnumSource
  void aRevocationHoldsOnEveryReplicaFromItsNextPollOn(Engine engine) {
    World world = new World(engine);
    List<Replica> replicas =
        List.of(
            new Replica(world.database), new Replica(world.database), new Replica(world.database));
    IssuedKey issued = world.issue(Role.DEVELOPER);
    replicas.forEach(replica -> replica.watch.poll());
    replicas.forEach(
        replica -> assertThat(replica.ask(issued.key())).isInstanceOf(Verdict.Known.class));
    world.keys.revoke(issued.key().id());
    for (Replica replica : replicas) {
      replica.watch.poll();
      assertThat(replica.ask(issued.key()))
          .isEqualTo(new Verdict.Lapsed(issued.key().id(), State.REVOKED));
    }
    world.database.close();
  }

  /** What a failover does that loses the last change; the next one gets its number. */
  private static void lose(World world, String undo, Object... arguments) {
    world.database.write(
        session -> {
          session.run(undo, arguments);
          return session.run("UPDATE revision SET number = number - 1, mark = 0");
        });
  }

  @ParameterizedTest
  @EnumSource
  void aDatabaseThatLostItsLastChangeKeepsNobodyOut(Engine engine) {
    World world = new World(engine);
    Replica replica = new Replica(world.database);
    IssuedKey issued = world.issue(Role.DEVELOPER);
    world.limits.set(Level.TENANT, world.tenant.id(), Limits.of(Measure.CONCURRENT_REQUESTS, 7));
    replica.watch.poll();
    replica.ask(issued.key());
    lose(world, "DELETE FROM limits");
    nanos.incrementAndGet();
    replica.watch.poll();
    replica.looks.set(0);
    for (int i = 0; i < 10; i++) {
      assertThat(replica.identity(issued.key()).bounds()).hasSize(1);
    }
    assertThat(replica.looks).hasValue(1);
    assertThat(replica.setbacks.rewinds).hasSize(1);
    world.database.close();
  }

  @ParameterizedTest
  @EnumSource
  void aChangeWithTheNumberOfALostOneIsSeen(Engine engine) {
    World world = new World(engine);
    Replica replica = new Replica(world.database);
    IssuedKey issued = world.issue(Role.DEVELOPER);
    world.limits.set(Level.TENANT, world.tenant.id(), Limits.of(Measure.CONCURRENT_REQUESTS, 7));
    replica.watch.poll();
    replica.ask(issued.key());
    lose(world, "DELETE FROM limits");
    world.keys.revoke(issued.key().id());
    nanos.incrementAndGet();
    replica.watch.poll();
    assertThat(replica.ask(issued.key())).isInstanceOf(Verdict.Lapsed.class);
    assertThat(replica.setbacks.rewinds).hasSize(1);
    world.database.close();
  }

  @ParameterizedTest
  @EnumSource
  void aKeyThatWasSeenRevokedStaysSoThoughTheDatabaseForgotIt(Engine engine) {
    World world = new World(engine);
    Replica replica = new Replica(world.database);
    IssuedKey issued = world.issue(Role.DEVELOPER);
    IssuedKey other = world.issue(Role.DEVELOPER);
    world.keys.revoke(issued.key().id());
    replica.watch.poll();
    assertThat(replica.ask(issued.key())).isInstanceOf(Verdict.Lapsed.class);
    lose(world, "UPDATE api_key SET revoked_at = NULL WHERE id = ?", issued.key().id());
    nanos.incrementAndGet();
    replica.watch.poll();
    assertThat(replica.ask(issued.key()))
        .isEqualTo(new Verdict.Lapsed(issued.key().id(), State.REVOKED));
    assertThat(replica.ask(other.key())).isInstanceOf(Verdict.Known.class);
    assertThat(replica.setbacks.unrevoked).containsExactly(issued.key().id());
    world.database.close();
  }

  @Test
  void withoutPollsARevocationHoldsWithinTheTimeOfTrust() {
    World world = new World(Engine.H2);
    Replica replica = new Replica(world.database);
    IssuedKey issued = world.issue(Role.DEVELOPER);
    replica.watch.poll();
    replica.ask(issued.key());
    world.keys.revoke(issued.key().id());
    nanos.addAndGet(TRUST.toNanos() - 1);
    assertThat(replica.ask(issued.key())).isInstanceOf(Verdict.Known.class);
    nanos.addAndGet(1);
    assertThat(replica.ask(issued.key())).isInstanceOf(Verdict.Lapsed.class);
    world.database.close();
  }

  @Test
  void aDatabaseThatIsGoneLetsNobodyInOnceTrustHasPassed() {
    World world = new World(Engine.H2);
    Replica replica = new Replica(world.database);
    IssuedKey issued = world.issue(Role.DEVELOPER);
    replica.watch.poll();
    replica.ask(issued.key());
    world.database.close();
    assertThat(replica.ask(issued.key())).isInstanceOf(Verdict.Known.class);
    nanos.addAndGet(TRUST.toNanos());
    assertThatThrownBy(() -> replica.ask(issued.key())).hasCauseInstanceOf(StoreUnavailable.class);
  }

  @Test
  void changedLimitsAndNewKeysAreSeenFromTheNextPollOn() {
    World world = new World(Engine.H2);
    Replica replica = new Replica(world.database);
    IssuedKey issued = world.issue(Role.GUEST);
    replica.watch.poll();
    replica.ask(issued.key());
    world.limits.set(Level.TENANT, world.tenant.id(), Limits.of(Measure.CONCURRENT_REQUESTS, 7));
    world.limits.set(
        Level.KEY, issued.stored().lineage(), Limits.of(Measure.REQUESTS_PER_SECOND, 99));
    world.limits.set(Level.PLATFORM, "", Limits.of(Measure.TOKENS_PER_DAY, 5));
    replica.watch.poll();
    assertThat(replica.identity(issued.key()).bounds())
        .containsExactly(
            new Bound(
                Level.PLATFORM,
                "",
                Limits.of(Measure.REQUESTS_PER_SECOND, 500).with(Measure.TOKENS_PER_DAY, 5)),
            new Bound(Level.TENANT, world.tenant.id(), Limits.of(Measure.CONCURRENT_REQUESTS, 7)),
            new Bound(Level.KEY, issued.key().id(), Limits.of(Measure.REQUESTS_PER_SECOND, 99)));
    world.database.close();
  }

  @Test
  void aKeyOfADisabledUserOrTenantIsDisabled() {
    World world = new World(Engine.H2);
    Replica replica = new Replica(world.database);
    User user = world.users.create(world.tenant.id(), "ann", Role.DEVELOPER);
    IssuedKey hers =
        world.keys.issue(
            new KeyOrder(
                world.tenant.id(),
                Optional.of(user.id()),
                "k",
                Role.DEVELOPER,
                Restrictions.NONE,
                Optional.empty()));
    IssuedKey nobodys = world.issue(Role.DEVELOPER);
    world.users.disable(user.id());
    replica.watch.poll();
    assertThat(replica.ask(hers.key())).isEqualTo(new Verdict.Disabled(hers.key().id()));
    assertThat(replica.ask(nobodys.key())).isInstanceOf(Verdict.Known.class);
    world.tenants.disable(world.tenant.id());
    replica.watch.poll();
    assertThat(replica.ask(nobodys.key())).isEqualTo(new Verdict.Disabled(nobodys.key().id()));
    world.database.close();
  }

  @Test
  void aKeyExpiresToTheInstantThoughItIsKnown() {
    World world = new World(Engine.H2);
    Replica replica = new Replica(world.database);
    IssuedKey issued =
        world.keys.issue(
            new KeyOrder(
                world.tenant.id(),
                Optional.empty(),
                "k",
                Role.GUEST,
                Restrictions.NONE,
                Optional.of(now.plusSeconds(1))));
    IssuedKey replaced = world.issue(Role.GUEST);
    world.keys.rotate(replaced.key().id(), Duration.ofSeconds(1));
    replica.watch.poll();
    assertThat(replica.ask(issued.key())).isInstanceOf(Verdict.Known.class);
    assertThat(replica.ask(replaced.key())).isInstanceOf(Verdict.Known.class);
    now = now.plusSeconds(1);
    assertThat(replica.ask(issued.key()))
        .isEqualTo(new Verdict.Lapsed(issued.key().id(), State.EXPIRED));
    assertThat(replica.ask(replaced.key()))
        .isEqualTo(new Verdict.Lapsed(replaced.key().id(), State.REPLACED));
    world.database.close();
  }
}
