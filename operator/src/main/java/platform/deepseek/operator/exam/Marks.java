package platform.deepseek.operator.exam;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How an exam came out.
 *
 * @param share of right answers, 0 to 1; empty: it could not be held
 * @param message what was wrong, or why it could not be held
 */
public record Marks(OptionalDouble share, Optional<String> message) {

  /** An exam that could not be held. */
  public static Marks none(String why) {
    return new Marks(OptionalDouble.empty(), Optional.of(why));
  }
}
