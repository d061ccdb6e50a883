package platform.deepseek.inference.api.responses;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import platform.deepseek.inference.api.json.Fields;

/** Reads {@code input}: a string, which is a user's message, or items. */
final class ItemFields {

  private static final Set<String> MESSAGE = Set.of("id", "type", "status", "role", "content");
  private static final Set<String> REASONING =
      Set.of("id", "type", "status", "summary", "content", "encrypted_content");
  private static final Set<String> CALL =
      Set.of("id", "type", "status", "call_id", "namespace", "name", "arguments");
  private static final Set<String> CALL_OUTPUT =
      Set.of("id", "type", "status", "call_id", "output");

  private final Function<Fields, Item> references;

  /**
   * @param references finds the item that an item_reference names
   */
  ItemFields(Function<Fields, Item> references) {
    this.references = references;
  }

  List<Item> parse(Fields body) {
    JsonNode input = body.get("input");
    if (input == null) {
      throw body.missing("input");
    }
    String path = body.path("input");
    if (input.isTextual()) {
      return List.of(
          message(
              null,
              Item.Role.USER,
              List.of(Part.of(Part.Type.INPUT_TEXT, Fields.text(input, path)))));
    }
    if (!input.isArray()) {
      throw Fields.wrongType(path, "a string or an array of items", input);
    }
    if (input.isEmpty()) {
      throw body.invalid("input", "expected at least 1 item, but got an empty array.");
    }
    List<Item> items = new ArrayList<>(input.size());
    for (int i = 0; i < input.size(); i++) {
      items.add(item(Fields.object(input.get(i), path + "[" + i + "]")));
    }
    return items;
  }

  private Item item(Fields fields) {
    String type = fields.has("type") || !fields.has("role") ? fields.requiredString("type") : "";
    return switch (type) {
      case "", "message" -> message(fields);
      case "reasoning" -> reasoning(fields);
      case "function_call" -> call(fields);
      case "function_call_output" -> callOutput(fields);
      case "item_reference" -> {
        fields.allow(Set.of("id", "type"));
        yield references.apply(fields);
      }
      default ->
          throw fields.unsupported(
              "type",
              "'%s' is not supported; expected message, reasoning, function_call,"
                      .formatted(Id.shown(type))
                  + " function_call_output or item_reference.");
    };
  }

  private static Item message(Fields fields) {
    fields.allow(MESSAGE);
    fields.string("status");
    String role = fields.requiredString("role");
    return switch (role) {
      case "user" -> message(fields, Item.Role.USER);
      case "assistant" -> message(fields, Item.Role.ASSISTANT);
      case "system" -> message(fields, Item.Role.SYSTEM);
      case "developer" -> message(fields, Item.Role.DEVELOPER);
      default ->
          throw fields.invalid(
              "role",
              "expected one of user, assistant, system, developer, but got '%s'."
                  .formatted(Id.shown(role)));
    };
  }

  private static Item message(Fields fields, Item.Role role) {
    Part.Type plain = role == Item.Role.ASSISTANT ? Part.Type.OUTPUT_TEXT : Part.Type.INPUT_TEXT;
    return message(fields.string("id"), role, parts(fields, "content", plain));
  }

  private static Item message(String id, Item.Role role, List<Part> content) {
    return new Item.Message(given(id, Id.MESSAGE), role, content, Item.Status.COMPLETED);
  }

  /**
   * @param plain what a string stands for
   */
  private static List<Part> parts(Fields fields, String name, Part.Type plain) {
    JsonNode value = fields.get(name);
    String path = fields.path(name);
    if (value == null) {
      throw fields.missing(name);
    }
    if (value.isTextual()) {
      return List.of(Part.of(plain, Fields.text(value, path)));
    }
    if (!value.isArray()) {
      throw Fields.wrongType(path, "a string or an array of text parts", value);
    }
    if (value.isEmpty()) {
      throw fields.invalid(name, "expected at least 1 part, but got an empty array.");
    }
    List<Part> parts = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      parts.add(part(Fields.object(value.get(i), path + "[" + i + "]")));
    }
    return parts;
  }

  private static Part part(Fields part) {
    String type = part.requiredString("type");
    return switch (type) {
      case "input_text" -> {
        part.allow(Set.of("type", "text"));
        yield Part.of(Part.Type.INPUT_TEXT, part.requiredString("text"));
      }
      case "output_text" -> {
        part.allow(Set.of("type", "text", "annotations", "logprobs"));
        yield Part.of(Part.Type.OUTPUT_TEXT, part.requiredString("text"));
      }
      case "refusal" -> {
        part.allow(Set.of("type", "refusal"));
        yield Part.of(Part.Type.REFUSAL, part.requiredString("refusal"));
      }
      case "input_image", "input_audio", "input_file" ->
          throw part.unsupported(
              "type", "'%s' is not supported: this model reads text alone.".formatted(type));
      default -> throw part.invalid("type", "expected input_text, output_text or refusal.");
    };
  }

  private static Item reasoning(Fields fields) {
    fields.allow(REASONING);
    fields.string("status");
    if (fields.has("encrypted_content")) {
      throw fields.unsupported(
          "encrypted_content",
          "cannot be read here: this server writes reasoning as plain text in content.");
    }
    String summary = thoughts(fields, "summary", Part.Type.SUMMARY_TEXT);
    String content = thoughts(fields, "content", Part.Type.REASONING_TEXT);
    boolean summarised = content.isEmpty() && !summary.isEmpty();
    return new Item.Reasoning(
        given(fields.string("id"), Id.REASONING),
        summarised ? Part.Type.SUMMARY_TEXT : Part.Type.REASONING_TEXT,
        summarised ? summary : content,
        Item.Status.COMPLETED);
  }

  private static String thoughts(Fields fields, String name, Part.Type type) {
    StringBuilder text = new StringBuilder();
    List<JsonNode> parts = fields.array(name);
    for (int i = 0; i < parts.size(); i++) {
      Fields part = Fields.object(parts.get(i), fields.path(name + "[" + i + "]"));
      part.allow(Set.of("type", "text"));
      if (!part.requiredString("type").equals(type.code)) {
        throw part.invalid("type", "expected " + type.code + ".");
      }
      text.append(part.requiredString("text"));
    }
    return text.toString();
  }

  private static Item call(Fields fields) {
    fields.allow(CALL);
    fields.string("status");
    return new Item.FunctionCall(
        given(fields.string("id"), Id.CALL),
        fields.requiredString("call_id"),
        new FunctionName(fields.string("namespace"), fields.requiredString("name")).word(),
        fields.requiredString("arguments"),
        Item.Status.COMPLETED);
  }

  private static Item callOutput(Fields fields) {
    fields.allow(CALL_OUTPUT);
    fields.string("status");
    StringBuilder text = new StringBuilder();
    parts(fields, "output", Part.Type.INPUT_TEXT).forEach(part -> text.append(part.text()));
    return new Item.FunctionCallOutput(
        given(fields.string("id"), Id.CALL_OUTPUT),
        fields.requiredString("call_id"),
        text.toString(),
        Item.Status.COMPLETED);
  }

  private static String given(String id, String prefix) {
    return id == null ? Id.make(prefix) : id;
  }
}
