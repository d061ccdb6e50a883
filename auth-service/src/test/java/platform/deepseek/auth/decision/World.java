package platform.deepseek.auth.decision;

import io.vertx.redis.client.Redis;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import platform.deepseek.auth.access.Permissions;
import platform.deepseek.auth.access.RouteTable;
import platform.deepseek.auth.audit.Heard;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.identity.Authenticator;
import platform.deepseek.auth.identity.Credentials;
import platform.deepseek.auth.identity.DefaultLimits;
import platform.deepseek.auth.identity.Directory;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.identity.SetbacksSeen;
import platform.deepseek.auth.identity.Verdict;
import platform.deepseek.auth.limit.Level;
import platform.deepseek.auth.limit.LimitTable;
import platform.deepseek.auth.limit.Limiter;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.usage.PriceTable;
import platform.deepseek.auth.usage.UsageBook;
import platform.deepseek.auth.usage.UsageTable;

/** One replica of the deciding parts, put together by hand on a database of its own. */
final class World implements AutoCloseable {

  static final Pepper PEPPER = Pepper.of("5e".repeat(32));

  final Database database = Database.open(Engine.H2.fresh());
  final InstantSource clock = InstantSource.system();
  final Executor executor = work -> Thread.ofVirtual().start(work);
  final UsageTable table = new UsageTable(database);
  final UsageBook book = new UsageBook(table);
  final Keys keys = new Keys(database, PEPPER, "live", clock);
  final LimitTable limits = new LimitTable(database);
  final PriceTable prices = new PriceTable(database);
  final Tenant tenant = new Tenants(database, clock).create("acme", 5);
  final RevisionWatch watch;
  final Limiter limiter;
  final Decisions decisions;
  final Settlements settlements;

  /**
   * @param trust how long the database need not be asked
   */
  World(Optional<Supplier<Redis>> redis, Duration trust) {
    SetbacksSeen setbacks = new SetbacksSeen();
    watch = new RevisionWatch(database, trust, setbacks, System::nanoTime);
    limiter =
        Limiter.of(
            redis,
            new Limiter.Settings(2, Duration.ofMinutes(5), Duration.ofSeconds(30)),
            book,
            table,
            executor,
            clock);
    Credentials credentials =
        new Credentials(
            new Authenticator(
                PEPPER,
                new Directory(database, new DefaultLimits(Limits.NONE, Map.of())),
                watch,
                setbacks,
                Duration.ofHours(1),
                executor,
                clock),
            token -> CompletableFuture.completedFuture(new Verdict.Unknown()));
    decisions =
        new Decisions(
            new Gate(
                credentials,
                Permissions.standard(),
                (identity, client) -> CompletableFuture.completedFuture(Optional.empty()),
                new Heard()),
            RouteTable.standard(),
            limiter,
            PEPPER,
            clock);
    settlements = new Settlements(limiter, book, PEPPER, clock);
  }

  IssuedKey key(Role role, Restrictions restrictions, Limits own) {
    IssuedKey issued =
        keys.issue(
            new KeyOrder(tenant.id(), Optional.empty(), "k", role, restrictions, Optional.empty()));
    limits.set(Level.KEY, issued.stored().lineage(), own);
    watch.poll();
    return issued;
  }

  static Question question(String credential, long promptTokens, long maxTokens) {
    return new Question(
        credential,
        ClientAddress.parse("203.0.113.9").orElseThrow(),
        "POST",
        "/v1/chat/completions",
        Optional.of("m"),
        promptTokens,
        maxTokens,
        true);
  }

  Decision.Allow allowed(Question question) {
    return (Decision.Allow) decisions.decide(question).join();
  }

  Refusal refused(Question question) {
    return ((Decision.Deny) decisions.decide(question).join()).refusal();
  }

  @Override
  public void close() {
    database.close();
  }
}
