package platform.deepseek.auth.service;

import static java.util.Map.entry;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import platform.deepseek.auth.limit.RealRedis;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;

/**
 * The service's PostgreSQL and Redis, and the folder of its keys. What it knows it knows for good
 * here, so nothing but a change that it has seen ends that; and a machine that stands still for a
 * while is no failure of its parts.
 */
public final class RealParts implements QuarkusTestResourceLifecycleManager {

  static final String KEYS_FOLDER = "deepseek.auth.local-keys-folder";
  static final String SERVICE_KEY = "a secret that services share";

  private RealRedis redis;

  @Override
  public Map<String, String> start() {
    redis = new RealRedis();
    DatabaseAddress database = Engine.POSTGRESQL.fresh();
    try {
      Path folder = Files.createTempDirectory("auth-service");
      return Map.ofEntries(
          entry("deepseek.auth.database-url", database.url()),
          entry("deepseek.auth.database-user", database.user().orElseThrow()),
          entry("deepseek.auth.redis-hosts", redis.address()),
          entry("deepseek.auth.redis-patience", "30s"),
          entry("deepseek.audit.patience", "30s"),
          entry("deepseek.auth.identity-cache", "1h"),
          entry("deepseek.auth.revocation-poll", "100ms"),
          entry("deepseek.auth.revocation-within", "30s"),
          // The second one is Elsewhere.
          entry("deepseek.auth.trusted-proxies", "10.0.0.0/8,127.0.0.2"),
          entry("deepseek.auth.service-key", SERVICE_KEY),
          entry("deepseek.auth.data-folder", folder.resolve("data").toString()),
          entry(KEYS_FOLDER, folder.resolve("run").toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    redis.close();
  }
}
