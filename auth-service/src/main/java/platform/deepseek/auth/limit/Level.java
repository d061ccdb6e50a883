package platform.deepseek.auth.limit;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Whose limit it is. A request has to pass all four. */
public enum Level {
  PLATFORM,
  TENANT,
  USER,
  KEY;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Level> of(String label) {
    return Stream.of(values()).filter(level -> level.label().equals(label)).findFirst();
  }
}
