package platform.deepseek.auth.usage;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What usage is told apart by. */
public enum Dimension {
  DAY("on_day"),
  TENANT("tenant_id"),
  USER("account_id"),
  KEY("key_id"),
  MODEL("model");

  private final String column;

  Dimension(String column) {
    this.column = column;
  }

  String column() {
    return column;
  }

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Dimension> of(String label) {
    return Stream.of(values()).filter(one -> one.label().equals(label)).findFirst();
  }
}
