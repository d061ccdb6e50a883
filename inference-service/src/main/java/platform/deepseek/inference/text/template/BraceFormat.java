package platform.deepseek.inference.text.template;

import java.util.regex.Pattern;

/** The method {@code format} of strings; attributes and items go through the same sandbox. */
final class BraceFormat {

  private static final Pattern STEP = Pattern.compile("\\.([^.\\[]+)|\\[([^\\]]+)\\]");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  private final Arguments arguments;
  private final Methods methods;
  private final Budget budget;
  private int automatic;

  private BraceFormat(Arguments arguments, Methods methods, Budget budget) {
    this.arguments = arguments;
    this.methods = methods;
    this.budget = budget;
  }

  static String format(String format, Arguments arguments, Methods methods, Budget budget) {
    return new BraceFormat(arguments, methods, budget).format(format, 2);
  }

  private String format(String format, int levels) {
    if (levels == 0) {
      throw Fault.of("Max string recursion exceeded");
    }
    var out = new StringBuilder();
    for (var i = 0; i < format.length(); i++) {
      var c = format.charAt(i);
      if ((c == '{' || c == '}') && i + 1 < format.length() && format.charAt(i + 1) == c) {
        out.append(c);
        i++;
      } else if (c == '{') {
        var end = fieldEnd(format, i);
        var text = field(format.substring(i + 1, end), levels);
        budget.allocate(text.length());
        out.append(text);
        i = end;
      } else if (c == '}') {
        throw Fault.of("Single '}' encountered in format string");
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static int fieldEnd(String format, int open) {
    var depth = 0;
    for (var i = open; i < format.length(); i++) {
      if (format.charAt(i) == '{') {
        depth++;
      } else if (format.charAt(i) == '}' && --depth == 0) {
        return i;
      }
    }
    throw Fault.of("expected '}' before end of string");
  }

  private String field(String field, int levels) {
    var colon = field.indexOf(':');
    var head = colon < 0 ? field : field.substring(0, colon);
    var mark = head.indexOf('!');
    var value = value(mark < 0 ? head : head.substring(0, mark));
    var spec = colon < 0 ? "" : format(field.substring(colon + 1), levels - 1);
    if (mark >= 0) {
      value =
          switch (head.substring(mark + 1)) {
            case "s" -> Representation.str(value);
            case "r", "a" -> Representation.repr(value);
            default -> throw Fault.of("Unknown conversion specifier " + head.substring(mark + 1));
          };
    }
    return spec.isEmpty() ? Representation.str(value) : FormatSpec.parse(spec).format(value);
  }

  private Object value(String path) {
    var end = 0;
    while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
      end++;
    }
    var value = argument(path.substring(0, end));
    var steps = STEP.matcher(path).region(end, path.length());
    while (steps.lookingAt()) {
      var key = steps.group(2);
      value =
          key == null
              ? methods.attribute(value, steps.group(1))
              : methods.item(
                  value, NUMBER.matcher(key).matches() ? (Object) Long.valueOf(key) : (Object) key);
      steps.region(steps.end(), path.length());
    }
    return value;
  }

  private Object argument(String name) {
    if (name.isEmpty() || NUMBER.matcher(name).matches()) {
      var index = name.isEmpty() ? automatic++ : Integer.parseInt(name);
      if (index >= arguments.positional().size()) {
        throw Fault.of("Replacement index " + index + " out of range for positional args tuple");
      }
      return arguments.positional().get(index);
    }
    if (!arguments.named().containsKey(name)) {
      throw Fault.of("format() has no argument named '" + name + "'.");
    }
    return arguments.named().get(name);
  }
}
