package platform.deepseek.inference.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.json.Fields;

/**
 * Reads {@code system} and {@code messages} as turns. Messages of one role that follow each other
 * are one turn, as with Anthropic. A user's results of tools become turns of those tools: each has
 * to answer a call of the assistant's message before, and each call has to be answered.
 */
final class TurnFields {

  private final List<Turn> turns = new ArrayList<>();

  /** Names of the tools called in the last assistant's message, by the call's id. */
  private final Map<String, String> unanswered = new LinkedHashMap<>();

  private Fields caller; // the message with those calls

  private TurnFields() {}

  static List<Turn> parse(Fields body) {
    TurnFields reading = new TurnFields();
    String system = BlockFields.texts(body, "system");
    if (system != null && !system.isEmpty()) {
      reading.turns.add(Turn.system(system));
    }
    reading.messages(body);
    return reading.turns;
  }

  private void messages(Fields body) {
    List<JsonNode> elements = body.array("messages");
    if (!body.has("messages")) {
      throw body.missing("messages");
    }
    if (elements.isEmpty()) {
      throw body.invalid("messages", "expected at least 1 message, but got an empty array.");
    }
    Turn.Role role = null;
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < elements.size(); i++) {
      Fields message = Fields.object(elements.get(i), body.path("messages[" + i + "]"));
      message.allow(Set.of("role", "content"));
      Turn.Role next = role(message);
      if (role != null && next != role) {
        turn(role, blocks);
        blocks.clear();
      }
      role = next;
      if (role == Turn.Role.ASSISTANT) {
        requireAnswers();
        caller = message;
      }
      blocks.addAll(BlockFields.parse(message, role));
    }
    turn(role, blocks);
    requireAnswers();
  }

  private static Turn.Role role(Fields message) {
    return switch (message.requiredString("role")) {
      case "user" -> Turn.Role.USER;
      case "assistant" -> Turn.Role.ASSISTANT;
      case "system" -> Turn.Role.SYSTEM;
      default -> throw message.invalid("role", "expected user, assistant or system.");
    };
  }

  private void turn(Turn.Role role, List<Block> blocks) {
    switch (role) {
      case USER -> user(blocks);
      case ASSISTANT -> assistant(blocks);
      case SYSTEM -> turns.add(Turn.system(text(blocks, BlockFields.SEPARATOR)));
      case TOOL -> throw new IllegalArgumentException("no message has the role of a tool");
    }
  }

  private void user(List<Block> blocks) {
    boolean said = false;
    for (Block block : blocks) {
      switch (block) {
        case Block.ToolResult result -> {
          if (said) {
            throw result.fields().invalid("type", "results come before the text of a message.");
          }
          result(result);
        }
        case Block.Text text -> said = true;
        case Block.Thinking thinking -> {}
        case Block.ToolUse use -> {}
      }
    }
    requireAnswers();
    if (said) {
      turns.add(Turn.user(text(blocks, BlockFields.SEPARATOR)));
    }
  }

  private void result(Block.ToolResult result) {
    String name = unanswered.remove(result.callId());
    if (name == null) {
      throw result
          .fields()
          .invalid("tool_use_id", "the message before has no such tool_use without a result.");
    }
    turns.add(new Turn(Turn.Role.TOOL, result.text(), name, null, List.of(), result.callId()));
  }

  /** Its text may lie in several blocks and is one text. */
  private void assistant(List<Block> blocks) {
    StringBuilder reasoning = new StringBuilder();
    List<Turn.Call> calls = new ArrayList<>();
    for (Block block : blocks) {
      switch (block) {
        case Block.Thinking thinking -> reasoning.append(thinking.text());
        case Block.ToolUse use -> {
          calls.add(use.call());
          if (unanswered.put(use.call().id(), use.call().name()) != null) {
            throw caller.invalid("content", "two tool_use blocks have the same id.");
          }
        }
        case Block.Text text -> {}
        case Block.ToolResult result -> {}
      }
    }
    String content = text(blocks, "");
    turns.add(
        Turn.assistant(
            content.isEmpty() && !calls.isEmpty() ? null : content,
            reasoning.isEmpty() ? null : reasoning.toString(),
            calls));
  }

  private void requireAnswers() {
    if (!unanswered.isEmpty()) {
      throw caller.invalid(
          "content",
          "a tool_use has no tool_result with its id at the beginning of the next message.");
    }
  }

  private static String text(List<Block> blocks, String separator) {
    StringJoiner text = new StringJoiner(separator);
    for (Block block : blocks) {
      if (block instanceof Block.Text said) {
        text.add(said.text());
      }
    }
    return text.toString();
  }
}
