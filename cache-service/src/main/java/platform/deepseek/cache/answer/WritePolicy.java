package platform.deepseek.cache.answer;

import java.util.Arrays;
import java.util.Locale;

/** What is written to a tier. */
public enum WritePolicy {
  /** Every new answer, and what a tier below had. */
  ALWAYS,
  /** Only what a tier below had and was asked for: what is asked for twice. */
  PROMOTED,
  /** Nothing: what others have written is read. */
  NEVER;

  public static WritePolicy of(String label) {
    return Arrays.stream(values())
        .filter(policy -> policy.name().toLowerCase(Locale.ROOT).equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "A write policy is always, promoted or never, not '%s'.".formatted(label)));
  }
}
