package platform.deepseek.inference.api.openai;

import java.util.List;
import platform.deepseek.inference.api.chat.ChatRequest;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.text.answer.ThinkingMode;

/** What DeepSeek asks of requests that OpenAI does not. */
final class DeepSeekRules {

  private DeepSeekRules() {}

  /**
   * @param reasons whether the model reasons
   */
  static void check(ChatRequest request, Surface surface, boolean reasons) {
    if (surface == Surface.DEEPSEEK_BETA) {
      requireAllStrictOrNone(request.tools());
    }
    if (surface.deepSeek() && reasons && request.thinking().mode() != ThinkingMode.OFF) {
      requireReasoningOfCalls(request.turns());
    }
  }

  private static void requireAllStrictOrNone(List<Tool> tools) {
    long strict = tools.stream().filter(Tool::strict).count();
    if (strict > 0 && strict < tools.size()) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid 'tools': %d of %d functions are strict; either all are or none is."
              .formatted(strict, tools.size()),
          "tools");
    }
  }

  /** A model goes on thinking when it has its tools' results, so it needs what it thought. */
  private static void requireReasoningOfCalls(List<Turn> turns) {
    for (Turn turn : turns) {
      if (!turn.calls().isEmpty() && turn.reasoning() == null) {
        throw new ApiException(
            ApiError.MISSING_REASONING,
            "The `reasoning_content` in the thinking mode must be passed back to the API.");
      }
    }
  }
}
