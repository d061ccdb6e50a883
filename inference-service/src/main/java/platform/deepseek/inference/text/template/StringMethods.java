package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Methods of strings. */
final class StringMethods {

  private final Budget budget;

  StringMethods(Budget budget) {
    this.budget = budget;
  }

  /** The bound method, or null where strings have none of the name. */
  Function method(String text, String name) {
    Function.Body body = body(text, name);
    return body == null
        ? null
        : new Function(
            name,
            arguments -> {
              budget.work(text.length());
              budget.allocate(text.length());
              return body.call(arguments);
            });
  }

  private Function.Body body(String text, String name) {
    return switch (name) {
      case "strip" -> a -> strip(text, characters(name, a), true, true);
      case "lstrip" -> a -> strip(text, characters(name, a), true, false);
      case "rstrip" -> a -> strip(text, characters(name, a), false, true);
      case "split" -> a -> split(text, a.check(name, 0, "sep", "maxsplit"), false);
      case "rsplit" -> a -> split(text, a.check(name, 0, "sep", "maxsplit"), true);
      case "splitlines" ->
          a -> splitLines(text, a.check(name, 0, "keepends").isTrue(0, "keepends"));
      case "partition" -> a -> partition(text, a.check(name, 1, "sep").string(0, "sep", ""), false);
      case "rpartition" -> a -> partition(text, a.check(name, 1, "sep").string(0, "sep", ""), true);
      case "startswith" -> a -> affix(name, text, a, true);
      case "endswith" -> a -> affix(name, text, a, false);
      case "removeprefix" ->
          a -> {
            var prefix = a.check(name, 1, "prefix").string(0, "prefix", "");
            return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
          };
      case "removesuffix" ->
          a -> {
            var suffix = a.check(name, 1, "suffix").string(0, "suffix", "");
            return text.endsWith(suffix)
                ? text.substring(0, text.length() - suffix.length())
                : text;
          };
      case "replace" ->
          a -> {
            a.check(name, 2, "old", "new", "count");
            return Texts.replace(
                text,
                a.string(0, "old", ""),
                a.string(1, "new", ""),
                a.integer(2, "count", -1),
                budget);
          };
      case "upper" -> a -> none(name, a, text.toUpperCase(Locale.ROOT));
      case "lower", "casefold" -> a -> none(name, a, text.toLowerCase(Locale.ROOT));
      case "title" -> a -> none(name, a, Texts.title(text));
      case "capitalize" -> a -> none(name, a, Texts.capitalize(text));
      case "swapcase" -> a -> none(name, a, Texts.swapCase(text));
      case "join" -> a -> join(text, a.check(name, 1, "iterable").get(0, "iterable", null));
      case "find", "rfind", "index", "rindex" -> a -> find(name, text, a);
      case "count" -> a -> count(text, a);
      case "format" -> a -> BraceFormat.format(text, a, new Methods(budget), budget);
      case "format_map" ->
          a -> {
            if (a.check(name, 1, "mapping").get(0, "mapping", null) instanceof Map<?, ?> map) {
              var named = new LinkedHashMap<String, Object>();
              map.forEach((key, value) -> named.put(Representation.str(key), value));
              return BraceFormat.format(
                  text, new Arguments(List.of(), named), new Methods(budget), budget);
            }
            throw Fault.of("format_map() argument must be a mapping");
          };
      case "zfill", "center", "ljust", "rjust" -> a -> pad(name, text, a);
      case "isdigit",
          "isdecimal",
          "isnumeric",
          "isalpha",
          "isalnum",
          "isspace",
          "isupper",
          "islower",
          "isascii",
          "istitle",
          "isidentifier" ->
          a -> none(name, a, Texts.is(name, text));
      default -> null;
    };
  }

  private static Object none(String name, Arguments arguments, Object result) {
    arguments.check(name, 0);
    return result;
  }

  /** The characters to strip, or null for white space. */
  private static String characters(String name, Arguments arguments) {
    return arguments.check(name, 0, "chars").get(0, "chars", null) == null
        ? null
        : arguments.string(0, "chars", "");
  }

  static String strip(String text, String characters, boolean leading, boolean trailing) {
    var start = 0;
    var end = text.length();
    while (leading && start < end && strips(text.codePointAt(start), characters)) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (trailing && end > start && strips(text.codePointBefore(end), characters)) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(start, end);
  }

  private static boolean strips(int codePoint, String characters) {
    return characters == null ? Characters.isSpace(codePoint) : characters.indexOf(codePoint) >= 0;
  }

  private List<Object> split(String text, Arguments arguments, boolean fromRight) {
    var limit = arguments.integer(1, "maxsplit", -1);
    var most = limit < 0 ? Integer.MAX_VALUE : (int) Math.min(limit, Integer.MAX_VALUE);
    List<Object> parts;
    if (arguments.get(0, "sep", null) == null) {
      parts = Texts.splitSpace(text, most, fromRight);
    } else {
      var separator = arguments.string(0, "sep", "");
      if (separator.isEmpty()) {
        throw Fault.of("empty separator");
      }
      parts = Texts.split(text, separator, most, fromRight);
    }
    budget.allocateElements(parts.size());
    return parts;
  }

  private List<Object> splitLines(String text, boolean keepEnds) {
    var lines = Texts.splitLines(text, keepEnds);
    budget.allocateElements(lines.size());
    return lines;
  }

  private static Tuple partition(String text, String separator, boolean last) {
    if (separator.isEmpty()) {
      throw Fault.of("empty separator");
    }
    var at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) {
      return Tuple.of(last ? List.of("", "", text) : List.of(text, "", ""));
    }
    return Tuple.of(
        List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
  }

  private static boolean affix(String name, String text, Arguments arguments, boolean start) {
    arguments.check(name, 1, "affix", "start", "end");
    var part = part(text, arguments);
    if (part == null) {
      return false;
    }
    var affix = arguments.get(0, "affix", null);
    List<Object> choices =
        affix instanceof Tuple tuple ? tuple.items() : Collections.singletonList(affix);
    for (var choice : choices) {
      if (!(choice instanceof String wanted)) {
        throw Fault.of(name + " takes a str or a tuple of str, not " + Values.typeName(choice));
      }
      if (start ? part.startsWith(wanted) : part.endsWith(wanted)) {
        return true;
      }
    }
    return false;
  }

  /** The part between the arguments start and end; null where start lies behind the text. */
  private static String part(String text, Arguments arguments) {
    if (arguments.get(1, "start", null) == null && arguments.get(2, "end", null) == null) {
      return text;
    }
    var length = Characters.length(text);
    var start = start(arguments, length);
    var end = end(arguments, length);
    if (start > length || start > end) {
      return null;
    }
    var from = text.offsetByCodePoints(0, (int) start);
    return text.substring(from, text.offsetByCodePoints(from, (int) (end - start)));
  }

  private static long start(Arguments arguments, int length) {
    var start = arguments.get(1, "start", null);
    var index = start == null ? 0 : Values.integer(start, "start");
    return Math.max(0, index < 0 ? index + length : index);
  }

  private static long end(Arguments arguments, int length) {
    var end = arguments.get(2, "end", null);
    var index = end == null ? length : Values.integer(end, "end");
    return Math.clamp(index < 0 ? index + length : index, 0, length);
  }

  private static Object find(String name, String text, Arguments arguments) {
    var wanted = arguments.check(name, 1, "sub", "start", "end").string(0, "sub", "");
    var part = part(text, arguments);
    var at =
        part == null ? -1 : name.startsWith("r") ? part.lastIndexOf(wanted) : part.indexOf(wanted);
    if (at < 0) {
      if (name.endsWith("index")) {
        throw Fault.of("substring not found");
      }
      return -1L;
    }
    return part.codePointCount(0, at) + start(arguments, Characters.length(text));
  }

  private static Object count(String text, Arguments arguments) {
    var wanted = arguments.check("count", 1, "sub", "start", "end").string(0, "sub", "");
    var part = part(text, arguments);
    if (part == null) {
      return 0L;
    }
    if (wanted.isEmpty()) {
      return Characters.length(part) + 1L;
    }
    var count = 0L;
    for (var i = part.indexOf(wanted); i >= 0; i = part.indexOf(wanted, i + wanted.length())) {
      count++;
    }
    return count;
  }

  private String join(String separator, Object iterable) {
    List<String> parts = new ArrayList<>();
    for (var item : Sequences.list(iterable, budget)) {
      if (!(item instanceof String part)) {
        throw Fault.of(
            "sequence item "
                + parts.size()
                + ": expected str instance, "
                + Values.typeName(item)
                + " found");
      }
      budget.allocate(part.length() + separator.length());
      parts.add(part);
    }
    return String.join(separator, parts);
  }

  private String pad(String name, String text, Arguments arguments) {
    arguments.check(name, 1, "width", "fillchar");
    var fill = name.equals("zfill") ? "0" : arguments.string(1, "fillchar", " ");
    if (Characters.length(fill) != 1) {
      throw Fault.of("The fill character must be exactly one character long");
    }
    var width = arguments.integer(0, "width", 0);
    var missing = width - Characters.length(text);
    if (missing <= 0) {
      return text;
    }
    budget.allocate(Math.min(width, Integer.MAX_VALUE) * 2);
    var left =
        switch (name) {
          case "ljust" -> 0;
          case "center" -> missing / 2 + (missing & width & 1);
          default -> missing;
        };
    var sign = name.equals("zfill") && !text.isEmpty() && "+-".indexOf(text.charAt(0)) >= 0 ? 1 : 0;
    return text.substring(0, sign)
        + fill.repeat((int) left)
        + text.substring(sign)
        + fill.repeat((int) (missing - left));
  }
}
