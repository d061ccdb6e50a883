package platform.deepseek.auth.limit;

import java.util.Locale;

/** What is limited. The order is that of the arguments of the scripts. */
public enum Measure {
  /** In any second, wherever it begins. */
  REQUESTS_PER_SECOND,
  /** In any minute that begins with a second: prompt and completion together. */
  TOKENS_PER_MINUTE,
  /** Reserved and not yet settled. */
  CONCURRENT_REQUESTS,
  /** From midnight UTC. */
  TOKENS_PER_DAY,
  /** From the first of the month, midnight UTC. */
  TOKENS_PER_MONTH,
  /** In millionths of the currency, from midnight UTC. */
  MONEY_PER_DAY,
  /** The same from the first of the month. */
  MONEY_PER_MONTH;

  /** Past it a number of Lua's is not exact. */
  public static final long LARGEST = 1_000_000_000_000_000L;

  /** Whether it is a budget, which is paid for and not waited for. */
  public boolean isBudget() {
    return compareTo(TOKENS_PER_DAY) >= 0;
  }

  /** The column of the table. */
  String column() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As in JSON: {@code requestsPerSecond}. */
  public String label() {
    StringBuilder label = new StringBuilder();
    for (String word : column().split("_")) {
      label.append(
          label.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
    }
    return label.toString();
  }
}
