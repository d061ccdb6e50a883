package platform.deepseek.auth.service;

import static java.util.Map.entry;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import platform.deepseek.auth.limit.RealRedis;
import platform.deepseek.auth.store.RealPostgres;

/** A PostgreSQL and a Redis that tests kill, each behind a wire that they cut. Two replicas. */
public final class BreakableParts implements QuarkusTestResourceLifecycleManager {

  /** How long what was looked up is used without looking again. */
  static final Duration KEPT = Duration.ofSeconds(3);

  RealRedis redis;
  RealPostgres postgres;
  Wire toRedis;
  Wire toPostgres;

  @Override
  public Map<String, String> start() {
    redis = new RealRedis();
    postgres = new RealPostgres();
    toRedis = new Wire(redis.port());
    toPostgres = new Wire(postgres.port());
    try {
      Path folder = Files.createTempDirectory("auth-service");
      return Map.ofEntries(
          entry(
              "deepseek.auth.database-url",
              "jdbc:postgresql://127.0.0.1:" + toPostgres.port() + "/postgres"),
          entry("deepseek.auth.database-user", "postgres"),
          entry("deepseek.auth.redis-hosts", "redis://127.0.0.1:" + toRedis.port()),
          entry("deepseek.auth.redis-patience", "1s"),
          entry("deepseek.auth.replicas", "2"),
          entry("deepseek.auth.identity-cache", KEPT.toSeconds() + "s"),
          entry("deepseek.auth.platform-requests-per-second", "100000"),
          entry("deepseek.auth.source-alert-requests-per-minute", "100"),
          entry("deepseek.auth.service-key", RealParts.SERVICE_KEY),
          entry("deepseek.auth.data-folder", folder.resolve("data").toString()),
          entry(RealParts.KEYS_FOLDER, folder.resolve("run").toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(this, new TestInjector.MatchesType(BreakableParts.class));
  }

  @Override
  public void stop() {
    toRedis.close();
    toPostgres.close();
    redis.close();
    postgres.close();
  }
}
