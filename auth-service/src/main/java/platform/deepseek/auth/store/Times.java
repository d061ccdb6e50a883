package platform.deepseek.auth.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Both databases keep microseconds. */
public final class Times {

  private Times() {}

  /** The instant as it will be read back. */
  public static Instant stored(Instant instant) {
    return instant.truncatedTo(ChronoUnit.MICROS);
  }
}
