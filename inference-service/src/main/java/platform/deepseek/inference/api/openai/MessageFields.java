package platform.deepseek.inference.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;

/** Reads {@code messages}. */
public final class MessageFields {

  private static final Set<String> KNOWN =
      Set.of(
          "role",
          "content",
          "name",
          "tool_calls",
          "tool_call_id",
          "reasoning_content",
          "refusal",
          "annotations",
          "audio",
          "function_call",
          "prefix",
          "provider_specific_fields"); // LiteLLM puts what it does not know there, and sends it

  // back

  private MessageFields() {}

  /**
   * The turns of a conversation.
   *
   * @param body of which {@code messages} is a field
   */
  public static List<Turn> parse(Fields body) {
    List<JsonNode> elements = body.array("messages");
    if (!body.has("messages")) {
      throw body.missing("messages");
    }
    if (elements.isEmpty()) {
      throw body.invalid("messages", "expected at least 1 message, but got an empty array.");
    }
    List<Turn> messages = new ArrayList<>(elements.size());
    for (int i = 0; i < elements.size(); i++) {
      messages.add(message(Fields.object(elements.get(i), body.path("messages[" + i + "]"))));
    }
    return messages;
  }

  /** Whether the last message is the beginning of the answer (DeepSeek). */
  static boolean prefix(Fields body) {
    List<JsonNode> elements = body.array("messages");
    boolean prefix = false;
    for (int i = 0; i < elements.size(); i++) {
      Fields message = Fields.object(elements.get(i), body.path("messages[" + i + "]"));
      prefix = message.flag("prefix");
      if (prefix && i < elements.size() - 1) {
        throw message.invalid("prefix", "only the last message can be continued.");
      }
    }
    return prefix;
  }

  private static Turn message(Fields fields) {
    fields.allow(KNOWN);
    for (String refused : List.of("audio", "function_call")) {
      if (fields.has(refused)) {
        throw fields.unsupported(refused, "is not supported by this server.");
      }
    }
    String role = fields.requiredString("role");
    return switch (role) {
      case "system", "developer" -> plain(Turn.Role.SYSTEM, fields);
      case "user" -> plain(Turn.Role.USER, fields);
      case "assistant" -> assistant(fields);
      case "tool" ->
          new Turn(
              Turn.Role.TOOL,
              content(fields, true),
              fields.string("name"),
              null,
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

  private static Turn plain(Turn.Role role, Fields fields) {
    if (fields.has("reasoning_content") || fields.flag("prefix")) {
      throw fields.invalid(
          fields.has("prefix") ? "prefix" : "reasoning_content",
          "only an assistant's message has it.");
    }
    return new Turn(role, content(fields, true), fields.string("name"), null, List.of(), null);
  }

  private static Turn assistant(Fields fields) {
    List<Turn.Call> calls = new ArrayList<>();
    List<JsonNode> elements = fields.array("tool_calls");
    for (int i = 0; i < elements.size(); i++) {
      calls.add(call(Fields.object(elements.get(i), fields.path("tool_calls[" + i + "]"))));
    }
    String refusal = fields.string("refusal");
    String content = content(fields, calls.isEmpty() && refusal == null);
    return new Turn(
        Turn.Role.ASSISTANT,
        content == null ? refusal : content,
        fields.string("name"),
        fields.string("reasoning_content"),
        calls,
        null);
  }

  private static Turn.Call call(Fields fields) {
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
    return new Turn.Call(
        fields.requiredString("id"),
        function.requiredString("name"),
        function.requiredString("arguments"));
  }

  /** Required content that is text alone. */
  static String plainText(Fields fields) {
    return content(fields, true, false);
  }

  private static String content(Fields fields, boolean required) {
    return content(fields, required, true);
  }

  private static String content(Fields fields, boolean required, boolean refusals) {
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
      text.append(part(Fields.object(value.get(i), path + "[" + i + "]"), refusals));
    }
    return text.toString();
  }

  private static String part(Fields part, boolean refusals) {
    String type = part.requiredString("type");
    if (type.equals("refusal") && !refusals) {
      throw part.invalid("type", "expected text.");
    }
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
}
