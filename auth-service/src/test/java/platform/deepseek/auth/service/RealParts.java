package platform.deepseek.auth.service;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import platform.deepseek.auth.limit.RealRedis;
import platform.deepseek.auth.store.DatabaseAddress;
import platform.deepseek.auth.store.Engine;

/** The service's PostgreSQL and Redis, and the folder of its keys. */
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
      return Map.of(
          "deepseek.auth.database-url",
          database.url(),
          "deepseek.auth.database-user",
          database.user().orElseThrow(),
          "deepseek.auth.redis-hosts",
          redis.address(),
          "deepseek.auth.redis-patience",
          "5s",
          "deepseek.auth.revocation-poll",
          "100ms",
          "deepseek.auth.trusted-proxies",
          "10.0.0.0/8,127.0.0.2", // the second one is Elsewhere
          "deepseek.auth.service-key",
          SERVICE_KEY,
          "deepseek.auth.data-folder",
          folder.resolve("data").toString(),
          KEYS_FOLDER,
          folder.resolve("run").toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    redis.close();
  }
}
