package platform.deepseek.inference.api.responses;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.chat.ToolChoice;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.openai.ToolFields;

/** Reads {@code tools} and {@code tool_choice} of responses, where a function's fields are flat. */
final class ResponseTools {

  private static final Set<String> SEARCHES = Set.of("web_search", "web_search_preview");

  private ResponseTools() {}

  /** All functions, those in namespaces too, by the names that the model calls them by. */
  static List<Tool> tools(Fields body) {
    List<Tool> tools = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (Fields offered : elements(body)) {
      String type = offered.requiredString("type");
      if (type.equals("function")) {
        add(function(offered), offered, tools, names);
      } else if (type.equals("namespace")) {
        namespace(offered, tools, names);
      } else if (!SEARCHES.contains(type) || !searchesNothing(offered)) {
        throw unsupported(offered, type);
      }
    }
    if (tools.size() > Tool.MAX_TOOLS) {
      throw body.invalid(
          "tools", "at most %d tools, but got %d.".formatted(Tool.MAX_TOOLS, tools.size()));
    }
    return tools;
  }

  private static List<Fields> elements(Fields fields) {
    List<JsonNode> elements = fields.array("tools");
    List<Fields> tools = new ArrayList<>(elements.size());
    for (int i = 0; i < elements.size(); i++) {
      tools.add(Fields.object(elements.get(i), fields.path("tools[" + i + "]")));
    }
    return tools;
  }

  private static void add(Tool tool, Fields offered, List<Tool> tools, Set<String> names) {
    if (!names.add(tool.name())) {
      throw offered.invalid("name", "the name '%s' is used twice.".formatted(tool.name()));
    }
    tools.add(tool);
  }

  private static Tool function(Fields fields) {
    fields.allow(Set.of("type", "name", "description", "parameters", "strict"));
    return ToolFields.tool(fields); // without strict: enforced where its schema can be
  }

  /** Functions of a common purpose, which the model is told of with each of them. */
  private static void namespace(Fields fields, List<Tool> tools, Set<String> names) {
    fields.allow(Set.of("type", "name", "description", "tools"));
    String namespace = fields.requiredString("name");
    if (!namespace.matches(Tool.NAME_PATTERN)) {
      throw fields.invalid("name", "expected 1 to 64 of A-Z, a-z, 0-9, _ and -.");
    }
    String purpose = fields.string("description");
    for (Fields offered : elements(fields)) {
      String type = offered.requiredString("type");
      if (!type.equals("function")) {
        throw unsupported(offered, type);
      }
      Tool tool = function(offered);
      String name = new FunctionName(namespace, tool.name()).word();
      add(
          new Tool(
              name,
              described(purpose, tool.description()),
              tool.parameters(),
              tool.strict(),
              tool.path()),
          offered,
          tools,
          names);
    }
  }

  private static String described(String purpose, String description) {
    if (purpose == null || description == null) {
      return description == null ? purpose : description;
    }
    return purpose + "\n" + description;
  }

  /** Codex offers a search that may not leave its maker's servers: here that finds nothing. */
  private static boolean searchesNothing(Fields search) {
    return search.has("external_web_access") && !search.flag("external_web_access");
  }

  private static RuntimeException unsupported(Fields fields, String type) {
    if (SEARCHES.contains(type)) {
      return fields.unsupported(
          "type",
          "'%s' is not supported: nothing leaves this network. Leave it out (Codex: web_search ="
                  .formatted(type)
              + " \"disabled\").");
    }
    return fields.unsupported(
        "type",
        "'%s' is not supported: tools run at the client, so expected function or namespace."
            .formatted(Id.shown(type)));
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
