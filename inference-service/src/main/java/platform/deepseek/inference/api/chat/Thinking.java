package platform.deepseek.inference.api.chat;

import java.util.OptionalInt;
import platform.deepseek.inference.text.answer.ThinkingMode;

/**
 * Whether the model is to reason before it answers, and for how long.
 *
 * @param budget tokens of reasoning at most; then it has to answer
 */
public record Thinking(ThinkingMode mode, OptionalInt budget) {

  public static final Thinking DEFAULT = new Thinking(ThinkingMode.DEFAULT, OptionalInt.empty());
  public static final Thinking ON = new Thinking(ThinkingMode.ON, OptionalInt.empty());
  public static final Thinking OFF = new Thinking(ThinkingMode.OFF, OptionalInt.empty());

  public static Thinking within(int tokens) {
    return new Thinking(ThinkingMode.ON, OptionalInt.of(tokens));
  }
}
