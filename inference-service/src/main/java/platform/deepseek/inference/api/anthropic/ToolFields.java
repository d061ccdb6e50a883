package platform.deepseek.inference.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.chat.ToolChoice;
import platform.deepseek.inference.api.chat.ToolChoice.Mode;
import platform.deepseek.inference.api.json.Fields;

/** Reads {@code tools} and {@code tool_choice}. */
final class ToolFields {

  private static final String NAME_PATTERN = "[A-Za-z0-9_-]{1,128}";
  private static final Set<String> KNOWN =
      Set.of(
          "type",
          "name",
          "description",
          "input_schema",
          "strict",
          "cache_control",
          "eager_input_streaming", // arguments always come as they are written
          "input_examples",
          "defer_loading",
          "allowed_callers");

  private ToolFields() {}

  static List<Tool> tools(Fields body) {
    List<JsonNode> elements = body.array("tools");
    if (elements.size() > Tool.MAX_TOOLS) {
      throw body.invalid(
          "tools", "at most %d tools, but got %d.".formatted(Tool.MAX_TOOLS, elements.size()));
    }
    List<Tool> tools = new ArrayList<>(elements.size());
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < elements.size(); i++) {
      Fields fields = Fields.object(elements.get(i), body.path("tools[" + i + "]"));
      Tool tool = tool(fields);
      if (!names.add(tool.name())) {
        throw fields.invalid("name", "'%s' is used twice.".formatted(tool.name()));
      }
      tools.add(tool);
    }
    return tools;
  }

  private static Tool tool(Fields fields) {
    String type = fields.string("type");
    if (type != null && !type.equals("custom")) {
      throw fields.unsupported(
          "type", "has one value here, custom: Anthropic's own tools run on its servers.");
    }
    fields.allow(KNOWN);
    if (!fields.array("input_examples").isEmpty()) {
      throw fields.unsupported(
          "input_examples", "is not supported by this server; describe them in the description.");
    }
    if (fields.flag("defer_loading")) {
      throw fields.unsupported(
          "defer_loading", "true needs a search for tools, which is not here.");
    }
    for (JsonNode caller : fields.array("allowed_callers")) {
      if (!Fields.text(caller, fields.path("allowed_callers")).equals("direct")) {
        throw fields.unsupported("allowed_callers", "has one value here, direct.");
      }
    }
    String name = fields.requiredString("name");
    if (!name.matches(NAME_PATTERN)) {
      throw fields.invalid("name", "expected 1 to 128 of A-Z, a-z, 0-9, _ and -.");
    }
    if (fields.object("input_schema") == null) {
      throw fields.missing("input_schema");
    }
    return new Tool(
        name,
        fields.string("description"),
        fields.get("input_schema"),
        fields.flag("strict"),
        fields.path("input_schema"));
  }

  static ToolChoice choice(Fields body, List<Tool> tools) {
    Set<String> all = new LinkedHashSet<>();
    tools.forEach(tool -> all.add(tool.name()));
    Fields choice = body.object("tool_choice");
    if (choice == null) {
      return auto(all);
    }
    choice.allow(Set.of("type", "name", "disable_parallel_tool_use"));
    String type = choice.requiredString("type");
    if (!type.equals("tool") && choice.has("name")) {
      throw choice.invalid("name", "only allowed when 'type' is tool.");
    }
    return switch (type) {
      case "auto" -> auto(all);
      case "none" -> ToolChoice.NONE;
      case "any" -> {
        if (all.isEmpty()) {
          throw choice.invalid("type", "any needs 'tools' to choose from.");
        }
        yield new ToolChoice(Mode.REQUIRED, all);
      }
      case "tool" -> new ToolChoice(Mode.REQUIRED, Set.of(known(choice, all)));
      default -> throw choice.invalid("type", "expected auto, any, tool or none.");
    };
  }

  private static ToolChoice auto(Set<String> all) {
    return all.isEmpty() ? ToolChoice.NONE : new ToolChoice(Mode.AUTO, all);
  }

  private static String known(Fields choice, Set<String> all) {
    String name = choice.requiredString("name");
    if (!all.contains(name)) {
      throw choice.invalid(
          "name",
          "'%s' is none of the tools."
              .formatted(name.length() <= 128 ? name : name.substring(0, 128) + "..."));
    }
    return name;
  }

  static boolean parallelCalls(Fields body) {
    Fields choice = body.object("tool_choice");
    return choice == null || !choice.flag("disable_parallel_tool_use");
  }
}
