package platform.deepseek.inference.api.responses;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.chat.ToolChoice;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.openai.ToolFields;

/** Reads {@code tools} and {@code tool_choice} of responses, where a function's fields are flat. */
final class ResponseTools {

  private ResponseTools() {}

  static List<Tool> tools(Fields body) {
    return ToolFields.tools(body, ResponseTools::tool);
  }

  private static Tool tool(Fields fields) {
    String type = fields.requiredString("type");
    if (!type.equals("function")) {
      throw fields.unsupported(
          "type",
          "'%s' is not supported: tools run at the client, so expected function."
              .formatted(Id.shown(type)));
    }
    fields.allow(Set.of("type", "name", "description", "parameters", "strict"));
    return ToolFields.tool(fields); // without strict: enforced where its schema can be
  }

  static ToolChoice choice(Fields body, List<Tool> tools) {
    JsonNode value = body.get("tool_choice");
    Set<String> all = new LinkedHashSet<>();
    tools.forEach(tool -> all.add(tool.name()));
    if (value == null) {
      return ToolFields.choice(body, "auto", all);
    }
    if (value.isTextual()) {
      return ToolFields.choice(body, Fields.text(value, body.path("tool_choice")), all);
    }
    if (!value.isObject()) {
      throw Fields.wrongType(body.path("tool_choice"), "a string or an object", value);
    }
    Fields choice = body.object("tool_choice");
    String type = choice.requiredString("type");
    return switch (type) {
      case "function" -> {
        choice.allow(Set.of("type", "name"));
        yield new ToolChoice(ToolChoice.Mode.REQUIRED, Set.of(ToolFields.known(choice, all)));
      }
      case "allowed_tools" -> {
        choice.allow(Set.of("type", "mode", "tools"));
        yield ToolFields.among(choice, all);
      }
      default ->
          throw choice.unsupported(
              "type",
              "'%s' is not supported; expected function or allowed_tools."
                  .formatted(Id.shown(type)));
    };
  }
}
