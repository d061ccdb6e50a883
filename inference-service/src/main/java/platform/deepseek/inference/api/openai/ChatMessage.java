package platform.deepseek.inference.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;

/**
 * One turn of a conversation.
 *
 * @param role system, user, assistant or tool; OpenAI's developer has become system, the name that
 *     chat templates know
 * @param content null only for an assistant that called tools
 * @param name null when absent
 * @param toolCalls id, name and arguments of each call of an assistant
 * @param toolCallId the call that a tool answers; null for other roles
 */
public record ChatMessage(
    String role, String content, String name, List<ToolCall> toolCalls, String toolCallId) {

  /** A call an assistant made in an earlier turn. {@code arguments} is JSON text. */
  public record ToolCall(String id, String name, String arguments) {}

  private static final Set<String> KNOWN =
      Set.of(
          "role",
          "content",
          "name",
          "tool_calls",
          "tool_call_id",
          "reasoning_content", // of an earlier turn: not part of the next prompt (DeepSeek)
          "refusal",
          "annotations",
          "audio",
          "function_call",
          "prefix");

  static List<ChatMessage> parse(Fields body) {
    List<JsonNode> elements = body.array("messages");
    if (!body.has("messages")) {
      throw body.missing("messages");
    }
    if (elements.isEmpty()) {
      throw body.invalid("messages", "expected at least 1 message, but got an empty array.");
    }
    List<ChatMessage> messages = new ArrayList<>(elements.size());
    for (int i = 0; i < elements.size(); i++) {
      messages.add(message(Fields.object(elements.get(i), body.path("messages[" + i + "]"))));
    }
    return messages;
  }

  private static ChatMessage message(Fields fields) {
    fields.allow(KNOWN);
    for (String refused : List.of("audio", "function_call")) {
      if (fields.has(refused)) {
        throw fields.unsupported(refused, "is not supported by this server.");
      }
    }
    if (fields.flag("prefix")) {
      throw fields.unsupported("prefix", "true is not supported by this server.");
    }
    String role = fields.requiredString("role");
    fields.string("reasoning_content");
    return switch (role) {
      case "system", "developer" -> plain("system", fields);
      case "user" -> plain("user", fields);
      case "assistant" -> assistant(fields);
      case "tool" ->
          new ChatMessage(
              role,
              content(fields, true),
              fields.string("name"),
              List.of(),
              fields.requiredString("tool_call_id"));
      case "function" -> throw fields.unsupported("role", "'function' is not supported: use tool.");
      default ->
          throw fields.invalid(
              "role",
              "expected one of system, developer, user, assistant, tool, but got '%s'."
                  .formatted(role.length() <= 40 ? role : role.substring(0, 40) + "..."));
    };
  }

  private static ChatMessage plain(String role, Fields fields) {
    return new ChatMessage(role, content(fields, true), fields.string("name"), List.of(), null);
  }

  private static ChatMessage assistant(Fields fields) {
    List<ToolCall> calls = new ArrayList<>();
    List<JsonNode> elements = fields.array("tool_calls");
    for (int i = 0; i < elements.size(); i++) {
      calls.add(call(Fields.object(elements.get(i), fields.path("tool_calls[" + i + "]"))));
    }
    String refusal = fields.string("refusal");
    String content = content(fields, calls.isEmpty() && refusal == null);
    return new ChatMessage(
        "assistant", content == null ? refusal : content, fields.string("name"), calls, null);
  }

  private static ToolCall call(Fields fields) {
    fields.allow(Set.of("id", "type", "function", "index"));
    String type = fields.string("type");
    if (type != null && !type.equals("function")) {
      throw fields.unsupported("type", "has one value here, function.");
    }
    Fields function = fields.object("function");
    if (function == null) {
      throw fields.missing("function");
    }
    function.allow(Set.of("name", "arguments"));
    return new ToolCall(
        fields.requiredString("id"),
        function.requiredString("name"),
        function.requiredString("arguments"));
  }

  private static String content(Fields fields, boolean required) {
    JsonNode value = fields.get("content");
    String path = fields.path("content");
    if (value == null) {
      if (required) {
        throw fields.missing("content");
      }
      return null;
    }
    if (value.isTextual()) {
      return Fields.text(value, path);
    }
    if (!value.isArray()) {
      throw Fields.wrongType(path, "a string or an array of text parts", value);
    }
    if (value.isEmpty()) {
      throw fields.invalid("content", "expected at least 1 part, but got an empty array.");
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < value.size(); i++) {
      text.append(part(Fields.object(value.get(i), path + "[" + i + "]")));
    }
    return text.toString();
  }

  private static String part(Fields part) {
    String type = part.requiredString("type");
    return switch (type) {
      case "text" -> {
        part.allow(Set.of("type", "text"));
        yield part.requiredString("text");
      }
      case "refusal" -> {
        part.allow(Set.of("type", "refusal"));
        yield part.requiredString("refusal");
      }
      case "image_url", "input_audio", "file" ->
          throw new ApiException(
              ApiError.UNSUPPORTED_PARAMETER,
              "Unsupported part '%s' at '%s': this model reads text alone."
                  .formatted(type, part.path("type")),
              part.path("type"));
      default -> throw part.invalid("type", "expected text.");
    };
  }

  /** Characters of what it says. */
  int length() {
    return content == null ? 0 : content.length();
  }

  /** As the variables of a chat template, in the order in which OpenAI documents them. */
  Map<String, Object> variables() {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("role", role);
    variables.put("content", content);
    if (name != null) {
      variables.put("name", name);
    }
    if (!toolCalls.isEmpty()) {
      List<Object> calls = new ArrayList<>();
      for (ToolCall call : toolCalls) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", call.name);
        function.put("arguments", call.arguments);
        Map<String, Object> variable = new LinkedHashMap<>();
        variable.put("id", call.id);
        variable.put("type", "function");
        variable.put("function", function);
        calls.add(variable);
      }
      variables.put("tool_calls", calls);
    }
    if (toolCallId != null) {
      variables.put("tool_call_id", toolCallId);
    }
    return variables;
  }
}
