package platform.deepseek.auth.identity;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.ApiKeys;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Engine;
import platform.deepseek.auth.tenant.Tenants;

/**
 * How long it takes to refuse a key whose public part is one's and whose secret is not, and a key
 * that nobody has, asked in turns. As a program it prints what it measured.
 */
final class GuessTiming implements AutoCloseable {

  /** Middle times in nanoseconds. */
  record Times(long wrongSecret, long unknownKey) {
    double ratio() {
      return (double) wrongSecret / unknownKey;
    }
  }

  private static final Pepper PEPPER = Pepper.of("a7".repeat(32));

  final AtomicInteger looks = new AtomicInteger();
  final ApiKey wrongSecret;
  final ApiKey unknown = ApiKey.create("live");
  final Authenticator authenticator;
  private final Database database = Database.open(Engine.H2.fresh());

  GuessTiming() {
    Keys keys = new Keys(database, PEPPER, "live", Instant::now);
    String tenant = new Tenants(database, Instant::now).create("acme", 3).id();
    ApiKey issued =
        keys.issue(
                new KeyOrder(
                    tenant,
                    Optional.empty(),
                    "k",
                    Role.DEVELOPER,
                    Restrictions.NONE,
                    Optional.empty()))
            .key();
    wrongSecret =
        ApiKey.parse(ApiKeys.withSecretOf(issued.reveal(), ApiKey.create("live").reveal()))
            .orElseThrow();
    RevisionWatch watch =
        new RevisionWatch(database, Duration.ofHours(1), new SetbacksSeen(), System::nanoTime);
    authenticator =
        new Authenticator(
            PEPPER,
            new Directory(database, new DefaultLimits(Limits.NONE, Map.of())),
            watch,
            new SetbacksSeen(),
            Duration.ofHours(1),
            work -> {
              looks.incrementAndGet();
              work.run();
            },
            Instant::now);
    watch.poll();
  }

  Times measure(int rounds) {
    long[] wrong = new long[rounds];
    long[] nobody = new long[rounds];
    for (int i = 0; i < rounds; i++) {
      wrong[i] = refuse(wrongSecret);
      nobody[i] = refuse(unknown);
    }
    Arrays.sort(wrong);
    Arrays.sort(nobody);
    return new Times(wrong[rounds / 2], nobody[rounds / 2]);
  }

  private long refuse(ApiKey key) {
    long start = System.nanoTime();
    Verdict verdict = authenticator.authenticate(key).join();
    long time = System.nanoTime() - start;
    if (!(verdict instanceof Verdict.Unknown)) {
      throw new IllegalStateException(verdict.toString());
    }
    return time;
  }

  public static void main(String[] arguments) {
    try (GuessTiming timing = new GuessTiming()) {
      timing.measure(50_000); // warms up
      for (int i = 0; i < 5; i++) {
        Times times = timing.measure(50_000);
        System.out.printf(
            "refused in %d ns with a wrong secret, in %d ns as an unknown key%n",
            times.wrongSecret(), times.unknownKey());
      }
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
