package platform.deepseek.auth.limit;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import platform.deepseek.auth.usage.Charge;

/** Settlements of requests that began a moment ago. */
final class Ended {

  private Ended() {}

  static Settlement now(String reservation, Charge charge, String... bounds) {
    return new Settlement(
        reservation, UUID.randomUUID().toString(), Duration.ofSeconds(1), charge, List.of(bounds));
  }
}
