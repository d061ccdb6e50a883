package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random templates over a fixed set of variables; the same seed gives the same templates. */
final class GeneratedTemplates {

  static final Map<String, Object> VARIABLES =
      Map.of(
          "s",
          "Hello, <World> 東京",
          "e",
          "",
          "n",
          7,
          "f",
          2.5,
          "b",
          true,
          "l",
          List.of(3, 1, 2, 1),
          "w",
          List.of("b", "A", "c c"),
          "d",
          Map.of("a", 1),
          "m",
          List.of(Map.of("role", "user", "k", 1), Map.of("role", "tool")));

  private static final List<String> NAMES =
      List.of("s", "e", "n", "f", "b", "l", "w", "d", "m", "x", "y", "q", "ns.v");
  private static final List<String> LITERALS =
      List.of(
          "0",
          "1",
          "-2",
          "3.5",
          "'a'",
          "' b\\n'",
          "true",
          "none",
          "[]",
          "[1, 'a']",
          "(1,)",
          "{'a': 1, 'b': [2]}",
          "range(4)");
  private static final List<String> OPERATORS =
      List.of(
          "+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or");
  private static final List<String> FILTERS =
      List.of(
          "upper",
          "trim",
          "length",
          "list",
          "first",
          "last",
          "join('-')",
          "sort",
          "tojson",
          "tojson(indent=2)",
          "default('z')",
          "default('z', true)",
          "string",
          "int",
          "float",
          "abs",
          "round(1)",
          "reverse|list",
          "unique|list",
          "map('string')|list",
          "select|list",
          "sum",
          "min",
          "max",
          "title",
          "capitalize",
          "replace('a', 'b')",
          "indent(2)",
          "items|list",
          "selectattr('role')|list",
          "map(attribute='role')|list",
          "reject('string')|list",
          "batch(2)|list",
          "e",
          "wordcount",
          "dictsort");
  private static final List<String> TESTS =
      List.of(
          "defined",
          "none",
          "string",
          "mapping",
          "sequence",
          "iterable",
          "number",
          "integer",
          "boolean",
          "odd",
          "even",
          "true",
          "divisibleby(2)",
          "lower",
          "in [1, 'a']",
          "eq 1");
  private static final List<String> POSTFIXES =
      List.of(
          "[0]",
          "[-1]",
          "[1:]",
          "[::-1]",
          ".a",
          "['a']",
          ".role",
          ".strip()",
          ".split()",
          ".upper()",
          ".items()|list",
          ".get('a')",
          ".startswith('H')",
          "[:2]",
          ".title()",
          ".append(1)",
          ".split('l')",
          ".missing");
  private static final List<String> SPACES = List.of("\n", "  ", "\n  ", " x ", "text\n", "");

  private final Random random;

  GeneratedTemplates(long seed) {
    random = new Random(seed);
  }

  List<String> templates(int count) {
    List<String> templates = new ArrayList<>();
    for (var i = 0; i < count; i++) {
      templates.add("{% set ns = namespace(v=1) %}" + body(3, false));
    }
    return templates;
  }

  private String pick(List<String> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private String body(int depth, boolean inLoop) {
    var out = new StringBuilder();
    for (var i = random.nextInt(3); i >= 0; i--) {
      out.append(pick(SPACES)).append(statement(depth, inLoop)).append(pick(SPACES));
    }
    return out.toString();
  }

  private String open() {
    return pick(List.of("{% ", "{%- ", "{%+ ", "{% "));
  }

  private String close() {
    return pick(List.of(" %}", " -%}", " +%}", " %}"));
  }

  private String tag(String text) {
    return open() + text + close();
  }

  private String statement(int depth, boolean inLoop) {
    if (depth == 0) {
      return pick(List.of("{{ ", "{{- ")) + expression(2) + pick(List.of(" }}", " -}}"));
    }
    return switch (random.nextInt(11)) {
      case 0 ->
          tag("if " + expression(2))
              + body(depth - 1, inLoop)
              + tag("else")
              + body(depth - 1, inLoop)
              + tag("endif");
      case 1 -> tag("for x in " + expression(1)) + body(depth - 1, true) + tag("endfor");
      case 2 ->
          tag("for x in " + pick(List.of("l", "w", "s", "m")) + " if x != 1")
              + "{{ loop.index }}{{ loop.last }}{{ loop.nextitem }}"
              + body(depth - 1, true)
              + tag("else")
              + body(depth - 1, false)
              + tag("endfor");
      case 3 -> tag("set " + pick(List.of("x", "y", "ns.v")) + " = " + expression(2));
      case 4 -> tag("set y") + body(depth - 1, inLoop) + tag("endset");
      case 5 ->
          tag("macro q(x, y=" + expression(1) + ")")
              + body(depth - 1, false)
              + tag("endmacro")
              + "{{ q("
              + expression(1)
              + ") }}";
      case 6 ->
          tag("filter " + pick(List.of("upper", "trim", "indent(2)")))
              + body(depth - 1, inLoop)
              + tag("endfilter");
      case 7 -> tag("with x = " + expression(1)) + body(depth - 1, inLoop) + tag("endwith");
      case 8 ->
          inLoop
              ? tag("if x == 1") + tag(pick(List.of("break", "continue"))) + tag("endif")
              : pick(List.of("{# a #}", "{#- a -#}", "{# a #}\n"));
      default -> statement(0, inLoop);
    };
  }

  private String expression(int depth) {
    if (depth == 0) {
      return random.nextInt(3) == 0 ? pick(LITERALS) : pick(NAMES);
    }
    return switch (random.nextInt(9)) {
      case 0, 1 ->
          "(" + expression(depth - 1) + " " + pick(OPERATORS) + " " + expression(depth - 1) + ")";
      case 2, 3 -> "(" + expression(depth - 1) + ")|" + pick(FILTERS);
      case 4 -> "(" + expression(depth - 1) + ") is " + pick(TESTS);
      case 5 -> "(" + expression(depth - 1) + ")" + pick(POSTFIXES);
      case 6 ->
          "(" + expression(depth - 1) + " if " + expression(0) + " else " + expression(0) + ")";
      case 7 -> "not " + expression(depth - 1);
      default -> expression(0);
    };
  }
}
