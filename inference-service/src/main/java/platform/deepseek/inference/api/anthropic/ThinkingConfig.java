package platform.deepseek.inference.api.anthropic;

import java.util.OptionalInt;
import java.util.Set;
import platform.deepseek.inference.api.chat.Thinking;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.openai.ThinkingFields;
import platform.deepseek.inference.text.answer.ThinkingMode;

/**
 * Reads {@code thinking} and {@code output_config.effort}. A budget of tokens goes before an
 * effort, which is a budget by another name here. To a model that does not reason, an effort and
 * thinking that is adaptive say nothing: it spends the least anyway. Only thinking that is enabled
 * asks for what it cannot do.
 */
final class ThinkingConfig {

  private static final int SMALLEST_BUDGET = 1_024;

  private ThinkingConfig() {}

  /**
   * @param reasons whether the model does
   */
  static Thinking parse(Fields body, OptionalInt maxTokens, boolean reasons) {
    Thinking asked = asked(body, maxTokens);
    Fields thinking = body.object("thinking");
    boolean insists = thinking != null && thinking.requiredString("type").equals("enabled");
    return asked.mode() == ThinkingMode.ON && !reasons && !insists ? Thinking.DEFAULT : asked;
  }

  private static Thinking asked(Fields body, OptionalInt maxTokens) {
    Fields config = body.object("output_config");
    Thinking effort = config == null ? Thinking.DEFAULT : ThinkingFields.effort(config, "effort");
    Fields thinking = body.object("thinking");
    if (thinking == null) {
      return effort;
    }
    thinking.allow(Set.of("type", "budget_tokens", "display"));
    String type = thinking.requiredString("type");
    if (!type.equals("enabled") && thinking.has("budget_tokens")) {
      throw thinking.invalid("budget_tokens", "only allowed when 'type' is enabled.");
    }
    return switch (type) {
      case "enabled" -> Thinking.within(budget(thinking, maxTokens));
      case "adaptive" -> effort.mode() == ThinkingMode.DEFAULT ? Thinking.ON : effort;
      case "disabled" -> Thinking.OFF;
      default -> throw thinking.invalid("type", "expected enabled, adaptive or disabled.");
    };
  }

  private static int budget(Fields thinking, OptionalInt maxTokens) {
    if (!thinking.has("budget_tokens")) {
      throw thinking.missing("budget_tokens");
    }
    int budget = (int) thinking.integer("budget_tokens", SMALLEST_BUDGET, Integer.MAX_VALUE, 0);
    if (maxTokens.isPresent() && budget >= maxTokens.getAsInt()) {
      throw thinking.invalid(
          "budget_tokens",
          "%d leaves no room for an answer within max_tokens %d; send less."
              .formatted(budget, maxTokens.getAsInt()));
    }
    return budget;
  }

  /** Whether the client wants to see the reasoning. */
  static boolean shown(Fields body) {
    Fields thinking = body.object("thinking");
    String display = thinking == null ? null : thinking.string("display");
    return switch (display) {
      case null -> true;
      case "summarized" -> true; // the whole is its own summary
      case "omitted" -> false;
      default -> throw thinking.invalid("display", "expected summarized or omitted.");
    };
  }
}
