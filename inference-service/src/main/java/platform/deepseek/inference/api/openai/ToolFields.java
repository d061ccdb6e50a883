package platform.deepseek.inference.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.chat.ToolChoice;
import platform.deepseek.inference.api.chat.ToolChoice.Mode;
import platform.deepseek.inference.api.json.Fields;

/** Reads {@code tools} and {@code tool_choice} of chat completions. */
public final class ToolFields {

  private ToolFields() {}

  /** The functions of {@code tools}; empty when absent. */
  public static List<Tool> tools(Fields body) {
    List<JsonNode> elements = body.array("tools");
    if (elements.size() > Tool.MAX_TOOLS) {
      throw body.invalid(
          "tools", "at most %d tools, but got %d.".formatted(Tool.MAX_TOOLS, elements.size()));
    }
    List<Tool> tools = new ArrayList<>(elements.size());
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < elements.size(); i++) {
      Fields fields = Fields.object(elements.get(i), body.path("tools[" + i + "]"));
      Tool tool = wrapped(fields);
      if (!names.add(tool.name())) {
        throw fields.invalid("function", "the name '%s' is used twice.".formatted(tool.name()));
      }
      tools.add(tool);
    }
    return tools;
  }

  private static Tool wrapped(Fields fields) {
    fields.allow(Set.of("type", "function"));
    String type = fields.requiredString("type");
    if (!type.equals("function")) {
      throw fields.unsupported("type", "has one value here, function.");
    }
    Fields function = fields.object("function");
    if (function == null) {
      throw fields.missing("function");
    }
    function.allow(Set.of("name", "description", "parameters", "strict"));
    return tool(function);
  }

  /** A tool whose name, description, parameters and strict are fields of one object. */
  public static Tool tool(Fields function) {
    String name = function.requiredString("name");
    if (!name.matches(Tool.NAME_PATTERN)) {
      throw function.invalid("name", "expected 1 to 64 of A-Z, a-z, 0-9, _ and -.");
    }
    JsonNode parameters = function.get("parameters");
    if (parameters != null) {
      function.object("parameters");
    }
    return new Tool(
        name,
        function.string("description"),
        parameters,
        function.flag("strict"),
        function.path("parameters"));
  }

  static ToolChoice choice(Fields body, List<Tool> tools) {
    JsonNode value = body.get("tool_choice");
    Set<String> all = new LinkedHashSet<>();
    tools.forEach(tool -> all.add(tool.name()));
    if (value == null) {
      return tools.isEmpty() ? ToolChoice.NONE : new ToolChoice(Mode.AUTO, all);
    }
    if (value.isTextual()) {
      return choice(body, Fields.text(value, body.path("tool_choice")), all);
    }
    if (!value.isObject()) {
      throw Fields.wrongType(body.path("tool_choice"), "a string or an object", value);
    }
    Fields choice = body.object("tool_choice");
    String type = choice.requiredString("type");
    return switch (type) {
      case "function" -> {
        choice.allow(Set.of("type", "function"));
        Fields function = choice.object("function");
        if (function == null) {
          throw choice.missing("function");
        }
        function.allow(Set.of("name"));
        yield new ToolChoice(Mode.REQUIRED, Set.of(known(function, all)));
      }
      case "allowed_tools" -> allowed(choice, all);
      default -> throw choice.invalid("type", "expected function or allowed_tools.");
    };
  }

  /**
   * Whether several calls may follow each other: never of a function that is named to be called.
   */
  public static boolean parallelCalls(Fields body) {
    boolean asked = !body.has("parallel_tool_calls") || body.flag("parallel_tool_calls");
    JsonNode choice = body.get("tool_choice");
    boolean named = choice != null && choice.path("type").asText().equals("function");
    return asked && !named;
  }

  /** The choice that one word makes. */
  public static ToolChoice choice(Fields body, String value, Set<String> all) {
    Mode mode =
        switch (value) {
          case "none" -> Mode.NONE;
          case "auto" -> Mode.AUTO;
          case "required" -> Mode.REQUIRED;
          default ->
              throw body.invalid(
                  "tool_choice", "expected none, auto, required or an object that names tools.");
        };
    if (mode == Mode.REQUIRED && all.isEmpty()) {
      throw body.invalid("tool_choice", "required needs 'tools' to choose from.");
    }
    return mode == Mode.NONE || all.isEmpty() ? ToolChoice.NONE : new ToolChoice(mode, all);
  }

  private static ToolChoice allowed(Fields choice, Set<String> all) {
    choice.allow(Set.of("type", "allowed_tools"));
    Fields allowed = choice.object("allowed_tools");
    if (allowed == null) {
      throw choice.missing("allowed_tools");
    }
    allowed.allow(Set.of("mode", "tools"));
    return among(allowed, all);
  }

  /** The choice that the fields {@code mode} and {@code tools} make. */
  public static ToolChoice among(Fields allowed, Set<String> all) {
    String mode = allowed.requiredString("mode");
    if (!mode.equals("auto") && !mode.equals("required")) {
      throw allowed.invalid("mode", "expected auto or required.");
    }
    List<JsonNode> tools = allowed.array("tools");
    if (tools.isEmpty()) {
      throw allowed.invalid("tools", "expected at least 1 tool.");
    }
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < tools.size(); i++) {
      Fields tool = Fields.object(tools.get(i), allowed.path("tools[" + i + "]"));
      Fields function = tool.object("function");
      names.add(known(function == null ? tool : function, all));
    }
    return new ToolChoice(mode.equals("auto") ? Mode.AUTO : Mode.REQUIRED, names);
  }

  /** The name in the field {@code name}, which has to be one of the tools'. */
  public static String known(Fields fields, Set<String> all) {
    String name = fields.requiredString("name");
    if (!all.contains(name)) {
      throw fields.invalid(
          "name",
          "'%s' is none of the tools."
              .formatted(name.length() <= 64 ? name : name.substring(0, 64) + "..."));
    }
    return name;
  }
}
