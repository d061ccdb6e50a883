package platform.deepseek.inference.api.openai;

import java.util.Set;
import platform.deepseek.inference.api.chat.Thinking;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.text.answer.ThinkingMode;

/**
 * Reads {@code thinking} (DeepSeek) and {@code reasoning_effort} (OpenAI, DeepSeek). No model here
 * has levels of effort, so an effort is a number of tokens after which the model has to answer.
 */
public final class ThinkingFields {

  private static final int LOW = 1_024;
  private static final int MEDIUM = 4_096;

  private ThinkingFields() {}

  static Thinking parse(Fields body) {
    Thinking effort = effort(body, "reasoning_effort");
    Fields thinking = body.object("thinking");
    if (thinking == null) {
      return effort;
    }
    thinking.allow(Set.of("type"));
    return switch (thinking.requiredString("type")) {
      case "enabled" -> {
        if (effort.mode() == ThinkingMode.OFF) {
          throw body.invalid("reasoning_effort", "none contradicts thinking enabled.");
        }
        yield effort.budget().isPresent() ? effort : Thinking.ON;
      }
      case "disabled" -> Thinking.OFF;
      default -> throw thinking.invalid("type", "expected enabled or disabled.");
    };
  }

  /** The effort in a field of this name. */
  public static Thinking effort(Fields fields, String name) {
    String effort = fields.string(name);
    return switch (effort) {
      case null -> Thinking.DEFAULT;
      case "none" -> Thinking.OFF;
      case "minimal", "low" -> Thinking.within(LOW);
      case "medium" -> Thinking.within(MEDIUM);
      case "high", "xhigh", "max" -> Thinking.ON;
      default ->
          throw fields.invalid(
              name, "expected one of none, minimal, low, medium, high, xhigh, max.");
    };
  }
}
