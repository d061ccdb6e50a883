package platform.deepseek.inference.api.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.text.answer.ToolDeclaration;
import platform.deepseek.inference.text.answer.ToolFormat;

/*
 * Tools for models whose chat template knows nothing of them, as those of many small models. The
 * tools go into the system message in words; earlier calls and their results become plain turns in
 * Hermes' form, which most models have seen; and an answer is read in that form. Where a call is
 * required the grammar of the answer does the rest.
 */
/** Writes tools into a conversation for a template that cannot. */
final class ToolPrompt {

  static final ToolFormat.JsonCalls FORMAT =
      new ToolFormat.JsonCalls("<tool_call>\n", "\n</tool_call>", "arguments");

  private ToolPrompt() {}

  /**
   * The messages for the template.
   *
   * @param tools as template variables
   */
  static List<Map<String, Object>> messages(List<Turn> turns, List<Map<String, Object>> tools) {
    List<Map<String, Object>> messages = new ArrayList<>(turns.size() + 1);
    turns.forEach(turn -> messages.add(plain(turn).variables()));
    return tools.isEmpty() ? messages : ToolDeclaration.into(messages, tools, FORMAT);
  }

  private static Turn plain(Turn turn) {
    return switch (turn.role()) {
      case SYSTEM, USER -> turn;
      case TOOL -> Turn.user("<tool_response>\n" + turn.content() + "\n</tool_response>");
      case ASSISTANT -> {
        if (turn.calls().isEmpty()) {
          yield turn;
        }
        StringBuilder text = new StringBuilder(turn.content() == null ? "" : turn.content());
        for (Turn.Call call : turn.calls()) {
          text.append(text.isEmpty() ? "" : "\n")
              .append(FORMAT.open())
              .append("{\"name\": \"%s\", ".formatted(call.name()))
              .append("\"%s\": %s}".formatted(FORMAT.argumentsName(), call.arguments()))
              .append(FORMAT.close());
        }
        yield Turn.assistant(text.toString(), turn.reasoning(), List.of());
      }
    };
  }
}
