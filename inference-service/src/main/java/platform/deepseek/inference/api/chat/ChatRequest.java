package platform.deepseek.inference.api.chat;

import java.util.List;
import java.util.OptionalInt;
import platform.deepseek.inference.api.generation.GenerationSettings;

/**
 * A valid request for an answer in a conversation.
 *
 * @param turns one at least
 * @param prefix whether the last turn is an assistant's that the answer continues
 * @param tools that the model is told of
 * @param parallelCalls whether it may call more than one in an answer
 * @param maxTokens empty: the rest of the context
 * @param prediction the answer as the client expects it; empty where it does not say
 */
public record ChatRequest(
    List<Turn> turns,
    boolean prefix,
    List<Tool> tools,
    ToolChoice toolChoice,
    boolean parallelCalls,
    AnswerShape shape,
    Thinking thinking,
    OptionalInt maxTokens,
    GenerationSettings settings,
    String prediction) {

  public ChatRequest {
    turns = List.copyOf(turns);
    tools = List.copyOf(tools);
  }

  /** Without a prediction. */
  public ChatRequest(
      List<Turn> turns,
      boolean prefix,
      List<Tool> tools,
      ToolChoice toolChoice,
      boolean parallelCalls,
      AnswerShape shape,
      Thinking thinking,
      OptionalInt maxTokens,
      GenerationSettings settings) {
    this(turns, prefix, tools, toolChoice, parallelCalls, shape, thinking, maxTokens, settings, "");
  }
}
