package platform.deepseek.inference.api.anthropic;

import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.json.Fields;

/** A part of a message's content that a model reads. */
sealed interface Block {

  record Text(String text) implements Block {}

  record Thinking(String text) implements Block {}

  record ToolUse(Turn.Call call) implements Block {}

  /**
   * What a tool gave.
   *
   * @param fields of the block, for error messages
   */
  record ToolResult(String callId, String text, Fields fields) implements Block {}
}
