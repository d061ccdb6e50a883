package platform.deepseek.inference.text.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Filter {@code tojson} as transformers defines it: Python's json.dumps, non-ASCII kept. */
final class Json {

  private final boolean ascii;
  private final String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sortKeys;
  private final Budget budget;
  private final StringBuilder out = new StringBuilder();

  private Json(Arguments arguments, Budget budget) {
    arguments.check("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    this.ascii = arguments.isTrue(0, "ensure_ascii");
    this.indent = indent(arguments.get(1, "indent", null));
    this.sortKeys = arguments.isTrue(3, "sort_keys");
    this.budget = budget;
    var separators = arguments.get(2, "separators", null);
    if (separators == null) {
      itemSeparator = indent == null ? ", " : ",";
      keySeparator = ": ";
    } else {
      var pair = Sequences.list(separators, budget);
      if (pair.size() != 2
          || !(pair.get(0) instanceof String first)
          || !(pair.get(1) instanceof String second)) {
        throw Fault.of("'separators' must be a pair of strings.");
      }
      itemSeparator = first;
      keySeparator = second;
    }
  }

  private static String indent(Object indent) {
    return switch (indent) {
      case null -> null;
      case String text -> text;
      default -> " ".repeat(Math.clamp(Values.integer(indent, "indent"), 0, 1000));
    };
  }

  static String write(Object value, Arguments arguments, Budget budget) {
    var json = new Json(arguments, budget);
    json.value(value, 0);
    return json.out.toString();
  }

  private void value(Object value, int depth) {
    Budget.valueDepth(depth);
    budget.step();
    var before = out.length();
    switch (value) {
      case null -> out.append("null");
      case Boolean flag -> out.append(flag ? "true" : "false");
      case Long number -> out.append(number.longValue());
      case BigInteger number -> out.append(number);
      case Double number -> out.append(real(number));
      case String text -> string(text);
      case Range range -> throw notSerializable(range);
      case List<?> list -> array(list, depth);
      case Tuple tuple -> array(tuple.items(), depth);
      case Map<?, ?> map -> object(map, depth);
      default -> throw notSerializable(value);
    }
    if (!(value instanceof List<?> || value instanceof Tuple || value instanceof Map<?, ?>)) {
      budget.allocate(out.length() - before);
    }
  }

  private static Fault notSerializable(Object value) {
    return Fault.of("Object of type " + Values.typeName(value) + " is not JSON serializable");
  }

  private static String real(double number) {
    return Double.isNaN(number)
        ? "NaN"
        : Double.isInfinite(number)
            ? (number > 0 ? "Infinity" : "-Infinity")
            : Representation.real(number);
  }

  private void array(List<?> items, int depth) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    var first = true;
    for (var item : items) {
      separate(first, depth + 1);
      value(item, depth + 1);
      first = false;
    }
    lineBreak(depth);
    out.append(']');
  }

  private void object(Map<?, ?> map, int depth) {
    if (map.isEmpty()) {
      out.append("{}");
      return;
    }
    out.append('{');
    var first = true;
    for (var entry : entries(map).entrySet()) {
      separate(first, depth + 1);
      string(key(entry.getKey()));
      out.append(keySeparator);
      value(entry.getValue(), depth + 1);
      first = false;
    }
    lineBreak(depth);
    out.append('}');
  }

  private Map<?, ?> entries(Map<?, ?> map) {
    if (!sortKeys) {
      return map;
    }
    Map<Object, Object> sorted = new TreeMap<>(Comparisons::sorting);
    sorted.putAll(map);
    return sorted;
  }

  private static String key(Object key) {
    return switch (key) {
      case null -> "null";
      case String text -> text;
      case Boolean flag -> flag ? "true" : "false";
      case Double number -> real(number);
      case Tuple tuple -> throw Fault.of("keys must be str, int, float, bool or None, not tuple");
      default -> key.toString();
    };
  }

  private void separate(boolean first, int depth) {
    if (!first) {
      out.append(itemSeparator);
    }
    lineBreak(depth);
  }

  private void lineBreak(int depth) {
    budget.allocate(itemSeparator.length() + keySeparator.length());
    if (indent != null) {
      budget.allocate((long) indent.length() * depth + 1);
      out.append('\n').repeat(indent, depth);
    }
  }

  private void string(String text) {
    budget.allocate(text.length());
    out.append('"');
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case '\b' -> out.append("\\b");
        default -> {
          if (c < 0x20 || ascii && c > 0x7e) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
