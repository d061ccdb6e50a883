package platform.deepseek.inference.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;

/** Reads {@code content}: a string, or blocks. */
final class BlockFields {

  /** Between texts that a client set apart. */
  static final String SEPARATOR = "\n";

  private static final Set<String> TEXT = Set.of("type", "text", "cache_control", "citations");
  private static final Set<String> THINKING =
      Set.of("type", "thinking", "signature", "cache_control");
  private static final Set<String> REDACTED = Set.of("type", "data", "cache_control");
  private static final Set<String> TOOL_USE =
      Set.of("type", "id", "name", "input", "cache_control", "caller", "toolset_name");
  private static final Set<String> TOOL_RESULT =
      Set.of("type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name");

  private BlockFields() {}

  /** The blocks of a message. */
  static List<Block> parse(Fields message, Turn.Role role) {
    JsonNode content = message.get("content");
    if (content == null) {
      throw message.missing("content");
    }
    if (content.isTextual()) {
      return List.of(new Block.Text(Fields.text(content, message.path("content"))));
    }
    List<Fields> elements = elements(message, "content");
    if (elements.isEmpty()) {
      throw message.invalid("content", "expected at least 1 block, but got an empty array.");
    }
    List<Block> blocks = new ArrayList<>(elements.size());
    for (Fields fields : elements) {
      String type = fields.requiredString("type");
      switch (type) {
        case "text" -> blocks.add(new Block.Text(text(fields)));
        case "thinking" -> {
          require(role == Turn.Role.ASSISTANT, fields, "an assistant's");
          blocks.add(new Block.Thinking(thinking(fields)));
        }
        case "redacted_thinking" -> {
          require(role == Turn.Role.ASSISTANT, fields, "an assistant's");
          fields.allow(REDACTED); // nobody but its author can read it
          fields.requiredString("data");
        }
        case "tool_use" -> {
          require(role == Turn.Role.ASSISTANT, fields, "an assistant's");
          blocks.add(new Block.ToolUse(call(fields)));
        }
        case "tool_result" -> {
          require(role == Turn.Role.USER, fields, "a user's");
          blocks.add(result(fields));
        }
        default -> throw unsupported(fields, type);
      }
    }
    return blocks;
  }

  /** A string, or text blocks one below the other; null when absent. */
  static String texts(Fields fields, String name) {
    JsonNode value = fields.get(name);
    if (value == null) {
      return null;
    }
    if (value.isTextual()) {
      return Fields.text(value, fields.path(name));
    }
    StringJoiner text = new StringJoiner(SEPARATOR);
    for (Fields block : elements(fields, name)) {
      String type = block.requiredString("type");
      if (!type.equals("text")) {
        throw unsupported(block, type);
      }
      text.add(text(block));
    }
    return text.toString();
  }

  private static List<Fields> elements(Fields fields, String name) {
    JsonNode value = fields.get(name);
    String path = fields.path(name);
    if (!value.isArray()) {
      throw Fields.wrongType(path, "a string or an array of blocks", value);
    }
    List<Fields> elements = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      elements.add(Fields.object(value.get(i), path + "[" + i + "]"));
    }
    return elements;
  }

  private static String text(Fields fields) {
    fields.allow(TEXT);
    return fields.requiredString("text");
  }

  /** Whoever signed it: nothing depends on that here. */
  private static String thinking(Fields fields) {
    fields.allow(THINKING);
    fields.string("signature");
    return fields.requiredString("thinking");
  }

  private static Turn.Call call(Fields fields) {
    fields.allow(TOOL_USE);
    if (fields.object("input") == null) {
      throw fields.missing("input");
    }
    return new Turn.Call(
        fields.requiredString("id"), fields.requiredString("name"), fields.get("input").toString());
  }

  private static Block.ToolResult result(Fields fields) {
    fields.allow(TOOL_RESULT);
    String text = texts(fields, "content");
    if (fields.flag("is_error")) {
      text = text == null ? "Error" : "Error: " + text; // chat templates have no other way
    }
    return new Block.ToolResult(
        fields.requiredString("tool_use_id"), text == null ? "" : text, fields);
  }

  private static void require(boolean right, Fields fields, String whose) {
    if (!right) {
      throw fields.invalid("type", "only " + whose + " message has such a block.");
    }
  }

  private static ApiException unsupported(Fields fields, String type) {
    String path = fields.path("type");
    return new ApiException(
        ApiError.UNSUPPORTED_PARAMETER,
        "Unsupported block '%s' at '%s': this model reads text alone."
            .formatted(type.length() <= 40 ? type : type.substring(0, 40) + "...", path),
        path);
  }
}
