package platform.deepseek.inference.text.answer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a template wants an assistant's calls of tools, found by trying.
 *
 * @param argumentsAsObject whether arguments are a map for it, and not their JSON text
 * @param content what stands in a turn that only calls: null or the empty text
 * @param more further template variables it needs to write calls: the tools, or none
 */
record CallProbe(boolean argumentsAsObject, String content, Map<String, Object> more) {

  /** A call in the conversation and where the template wrote its parts. */
  record Written(int name, int nameEnd, int arguments, int argumentsEnd) {

    int start() {
      return Math.min(name, arguments);
    }

    int end() {
      return Math.max(nameEnd, argumentsEnd);
    }
  }

  private static final List<String> NAMES = List.of("first_probe_tool", "second_probe_tool");
  private static final List<String> KEYS = List.of("first_probe_key", "second_probe_key");
  private static final String VALUE = "probe value";
  private static final String DECLARED_TOOL = "declared_probe_tool";
  private static final Map<String, Object> DECLARED = Map.of("tools", List.of(declaration()));

  /** The first form that the template writes a call from, text before map and null before empty. */
  static Optional<CallProbe> find(TemplateProbe probe) {
    for (var more : List.of(Map.<String, Object>of(), DECLARED)) {
      for (boolean asObject : new boolean[] {false, true}) {
        for (String content : new String[] {null, ""}) {
          var tried = new CallProbe(asObject, content, more);
          if (tried.rendered(probe, 1).flatMap(text -> written(text, 0)).isPresent()) {
            return Optional.of(tried);
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Whether the template writes the tools that it is given. */
  static boolean declares(TemplateProbe probe) {
    return probe
        .generationPrompt(DECLARED)
        .filter(text -> text.contains(DECLARED_TOOL))
        .isPresent();
  }

  /** A conversation that ends with so many calls, at most two. */
  Optional<String> rendered(TemplateProbe probe, int calls) {
    return probe.render(List.of(TemplateProbe.USER, turn(calls)), false, more);
  }

  Map<String, Object> turn(int calls) {
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      all.add(
          Map.of(
              "id",
              "probe000" + i,
              "type",
              "function",
              "function",
              Map.of("name", NAMES.get(i), "arguments", arguments(i))));
    }
    Map<String, Object> turn = new LinkedHashMap<>();
    turn.put("role", "assistant");
    turn.put("content", content);
    turn.put("tool_calls", all);
    return turn;
  }

  /** The tool's answer to the first call. */
  static Map<String, Object> result() {
    return Map.of(
        "role", "tool", "tool_call_id", "probe0000", "name", NAMES.get(0), "content", "done");
  }

  private Object arguments(int call) {
    return argumentsAsObject
        ? Map.of(KEYS.get(call), VALUE)
        : "{\"" + KEYS.get(call) + "\": \"" + VALUE + "\"}";
  }

  /** Finds a call whose arguments are one plain JSON object, neither quoted nor Python's form. */
  static Optional<Written> written(String text, int call) {
    var object =
        Pattern.compile("(?<!\")\\{\\s*\"" + KEYS.get(call) + "\"\\s*:\\s*\"" + VALUE + "\"\\s*\\}")
            .matcher(text);
    String name = NAMES.get(call);
    int at = text.indexOf(name);
    return at >= 0 && object.find()
        ? Optional.of(new Written(at, at + name.length(), object.start(), object.end()))
        : Optional.empty();
  }

  static String name(int call) {
    return NAMES.get(call);
  }

  private static Map<String, Object> declaration() {
    return Map.of(
        "type",
        "function",
        "function",
        Map.of(
            "name",
            DECLARED_TOOL,
            "description",
            "Does nothing.",
            "parameters",
            Map.of("type", "object", "properties", Map.of())));
  }
}
