package platform.deepseek.auth.factor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.decision.SecondFactor.Shortfall;
import platform.deepseek.auth.identity.Assurance;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.identity.SetbacksSeen;
import platform.deepseek.auth.identity.Treatment;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;
import platform.deepseek.auth.usage.Account;
import platform.deepseek.auth.usage.PriceList;

class StepUpTest {

  private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");
  private static final ClientAddress HERE = ClientAddress.parse("203.0.113.9").orElseThrow();
  private static final ClientAddress THERE = ClientAddress.parse("203.0.113.10").orElseThrow();
  private static final ClientAddress LOCAL = ClientAddress.parse("127.0.0.1").orElseThrow();

  private static final Database DATABASE = Database.open(Engine.H2.fresh());

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final Executor executor = work -> Thread.ofVirtual().start(work);
  private final User ann = user();
  private final String key = key("first");
  private final Elevations elevations = new Elevations(DATABASE, Duration.ofMinutes(15), now::get);

  @AfterAll
  static void close() {
    DATABASE.close();
  }

  private User user() {
    String tenant = new Tenants(DATABASE, now::get).create(UUID.randomUUID().toString(), 5).id();
    return new Users(DATABASE, now::get).create(tenant, "ann", Role.ADMIN);
  }

  private String key(String name) {
    return new Keys(DATABASE, Pepper.of("5e".repeat(32)), "live", now::get)
        .issue(
            new KeyOrder(
                ann.tenant(),
                Optional.of(ann.id()),
                name,
                Role.ADMIN,
                Restrictions.NONE,
                Optional.empty()))
        .stored()
        .id();
  }

  /** A replica that believes what it knows for an hour. */
  private StepUp replica(boolean loopbackExempt, List<String> acrValues) {
    RevisionWatch watch =
        new RevisionWatch(DATABASE, Duration.ofHours(1), new SetbacksSeen(), System::nanoTime);
    watch.poll();
    return new StepUp(
        new StepUp.Rules(loopbackExempt, acrValues, Duration.ofMinutes(10), Duration.ofMinutes(30)),
        DATABASE,
        watch,
        executor,
        now::get);
  }

  private Identity identity(String credential, Role role, Assurance assurance) {
    return new Identity(
        credential,
        new Account(ann.tenant(), ann.id(), credential),
        Optional.of(ann.id()),
        role,
        Restrictions.NONE,
        assurance,
        new Treatment("salt", 5, 10, 10, 0),
        List.of(),
        new PriceList(Map.of()));
  }

  private Identity keyHolder(String id) {
    return identity(id, Role.ADMIN, Assurance.NONE);
  }

  private static Optional<Shortfall> missing(StepUp stepUp, Identity identity, ClientAddress from) {
    return stepUp.missing(identity, from).join();
  }

  @Test
  void anElevationHoldsForOneKeyAtOneAddressForItsTime() {
    StepUp stepUp = replica(false, List.of());
    assertThat(missing(stepUp, keyHolder(key), HERE)).isPresent();
    elevations.create(ann.id(), key, HERE, Proof.Method.TOTP);
    assertThat(missing(stepUp, keyHolder(key), HERE)).isEmpty();
    assertThat(missing(stepUp, keyHolder(key), THERE)).isPresent();
    assertThat(missing(stepUp, keyHolder(key("second")), HERE)).isPresent();
    now.set(START.plus(Duration.ofMinutes(15)).minusMillis(1));
    assertThat(missing(stepUp, keyHolder(key), HERE)).isEmpty();
    now.set(START.plus(Duration.ofMinutes(15)));
    assertThat(missing(stepUp, keyHolder(key), HERE)).isPresent();
  }

  @Test
  void anElevationOfAMomentAgoIsKnownToEveryReplica() {
    List<StepUp> replicas = List.of(replica(false, List.of()), replica(false, List.of()));
    for (StepUp replica : replicas) {
      assertThat(missing(replica, keyHolder(key), HERE)).isPresent();
    }
    elevations.create(ann.id(), key, HERE, Proof.Method.RECOVERY);
    for (StepUp replica : replicas) {
      assertThat(missing(replica, keyHolder(key), HERE)).isEmpty();
    }
  }

  @Test
  void aRevokedElevationHoldsNoMore() {
    Elevation elevation = elevations.create(ann.id(), key, HERE, Proof.Method.TOTP);
    assertThat(missing(replica(false, List.of()), keyHolder(key), HERE)).isEmpty();
    assertThat(elevations.revoke(elevation.id())).isTrue();
    assertThat(missing(replica(false, List.of()), keyHolder(key), HERE)).isPresent();
    assertThat(elevations.current()).doesNotContain(elevation);
    assertThat(elevations.revoke("none")).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = "ADMIN", mode = EnumSource.Mode.EXCLUDE)
  void otherRolesNeedNone(Role role) {
    assertThat(missing(replica(false, List.of()), identity(key, role, Assurance.NONE), HERE))
        .isEmpty();
  }

  @Test
  void theMachineItselfIsExemptInALocalRunAlone() {
    assertThat(missing(replica(true, List.of()), keyHolder(key), LOCAL)).isEmpty();
    assertThat(missing(replica(true, List.of()), keyHolder(key), HERE)).isPresent();
    assertThat(missing(replica(false, List.of()), keyHolder(key), LOCAL)).isPresent();
  }

  @ParameterizedTest
  @CsvSource({
    "true, PT0S, true",
    "true, PT9M59S, true",
    "true, PT10M, false",
    "true, PT-59S, true",
    "true, PT-2M, false",
    "false, PT0S, false"
  })
  void aTokenIsEnoughAfterAFreshLoginWithASecondFactor(
      boolean secondFactor, Duration age, boolean enough) {
    Assurance assurance =
        new Assurance(Optional.of("gold"), Optional.of(START.minus(age)), secondFactor);
    assertThat(
            missing(
                    replica(false, List.of()),
                    identity("token:" + ann.id(), Role.ADMIN, assurance),
                    HERE)
                .isEmpty())
        .isEqualTo(enough);
  }

  @Test
  void aTokenThatDoesNotSayWhenIsNotEnough() {
    Assurance assurance = new Assurance(Optional.of("gold"), Optional.empty(), true);
    assertThat(missing(replica(false, List.of()), identity("token:x", Role.ADMIN, assurance), HERE))
        .isPresent();
  }

  /** RFC 9470 section 3. */
  @Test
  void theChallengeSaysWhatToAskTheIdentityProviderFor() {
    assertThat(missing(replica(false, List.of("gold", "mfa")), keyHolder(key), HERE))
        .map(Shortfall::challenge)
        .contains(
            "Bearer error=\"insufficient_user_authentication\","
                + " error_description=\"A second factor is required\", acr_values=\"gold mfa\","
                + " max_age=\"600\"");
  }
}
