package platform.deepseek.cache.service;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** The service's data folder, and the secret it is asked with. */
public final class RealParts implements QuarkusTestResourceLifecycleManager {

  static final String SERVICE_KEY = "a secret that services share";

  @Override
  public Map<String, String> start() {
    try {
      return Map.of(
          "deepseek.cache.data-folder",
          Files.createTempDirectory("cache-service").toString(),
          "deepseek.cache.service-key",
          SERVICE_KEY,
          "deepseek.cache.disk.patience",
          "30s",
          "deepseek.cache.disk.block-patience",
          "30s",
          "deepseek.cache.lease",
          "1m");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    // A temporary folder.
  }
}
