package platform.deepseek.inference.text.answer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.text.answer.ToolFormat.JsonCalls;
import platform.deepseek.inference.text.answer.ToolFormat.MarkedCalls;

/*
 * DeepSeek's published templates write calls and results of tools but not the tools themselves:
 * whoever runs the model is to describe them in the system message, with an example of a call in
 * the model's own markers. Without it the model does not know of the tools that a client offers.
 */
/** The tools of a request as a part of the system message, for templates that do not write them. */
public final class ToolDeclaration {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String EXAMPLE_NAME = "TOOL_NAME";
  private static final String EXAMPLE_ARGUMENTS = "{\"ARGUMENT\": \"VALUE\"}";

  private ToolDeclaration() {}

  /**
   * The messages with the tools behind the text of the first system message, or in a system message
   * of their own.
   *
   * @param tools as in the chat API
   */
  public static List<Map<String, Object>> into(
      List<Map<String, Object>> messages, List<?> tools, ToolFormat format) {
    List<Map<String, Object>> declared = new ArrayList<>(messages);
    String text = text(tools, format);
    var first = messages.isEmpty() ? Map.<String, Object>of() : messages.getFirst();
    if ("system".equals(first.get("role")) && first.get("content") instanceof String given) {
      Map<String, Object> system = new LinkedHashMap<>(first);
      system.put("content", given + "\n\n" + text);
      declared.set(0, system);
    } else {
      declared.addFirst(Map.of("role", "system", "content", text));
    }
    return declared;
  }

  private static String text(List<?> tools, ToolFormat format) {
    var text = new StringBuilder("## Tools\n\nYou can call these tools, one a line as JSON:\n");
    for (var tool : tools) {
      boolean wrapped = tool instanceof Map<?, ?> map && map.get("function") instanceof Map<?, ?>;
      text.append(json(wrapped ? ((Map<?, ?>) tool).get("function") : tool)).append('\n');
    }
    return text.append("\nWhere a tool helps, write the call in exactly this form, with arguments")
        .append(" that are valid JSON and fit the tool's parameters:\n")
        .append(example(format))
        .append("\nIf no tool helps, answer without a call.")
        .toString();
  }

  private static String example(ToolFormat format) {
    return switch (format) {
      case JsonCalls json ->
          "%s{\"name\": \"%s\", \"%s\": %s}%s"
              .formatted(
                  json.open(), EXAMPLE_NAME, json.argumentsName(), EXAMPLE_ARGUMENTS, json.close());
      case MarkedCalls marked ->
          marked.open()
              + marked.beforeName()
              + EXAMPLE_NAME
              + marked.beforeArguments()
              + EXAMPLE_ARGUMENTS
              + marked.afterArguments()
              + marked.close();
    };
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("A tool is not plain JSON: " + e.getOriginalMessage(), e);
    }
  }
}
