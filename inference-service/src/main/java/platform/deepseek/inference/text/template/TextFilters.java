package platform.deepseek.inference.text.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Filters that make text. They take any value and work on what it prints as. */
final class TextFilters {

  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

  private final Budget budget;

  TextFilters(Budget budget) {
    this.budget = budget;
  }

  Filters.Filter find(String name) {
    Filters.Filter filter = body(name);
    return filter == null
        ? null
        : (input, arguments) -> {
          var text = Representation.str(input);
          budget.allocate(text.length());
          return filter.apply(name.equals("indent") ? input : text, arguments);
        };
  }

  private Filters.Filter body(String name) {
    return switch (name) {
      case "string", "safe" -> (input, a) -> plain(name, a, input);
      case "e", "escape", "forceescape" -> (input, a) -> plain(name, a, escape((String) input));
      case "upper" -> (input, a) -> plain(name, a, ((String) input).toUpperCase(Locale.ROOT));
      case "lower" -> (input, a) -> plain(name, a, ((String) input).toLowerCase(Locale.ROOT));
      case "capitalize" -> (input, a) -> plain(name, a, Texts.capitalize((String) input));
      case "title" -> (input, a) -> plain(name, a, title((String) input));
      case "wordcount" ->
          (input, a) -> plain(name, a, WORD.matcher((String) input).results().count());
      case "trim" -> (input, a) -> trim((String) input, a.check(name, 0, "chars"));
      case "replace" -> (input, a) -> replace((String) input, a);
      case "indent" -> this::indent;
      case "center" -> (input, a) -> center((String) input, a.check(name, 0, "width"));
      case "truncate" -> (input, a) -> truncate((String) input, a);
      case "format" -> (input, a) -> format((String) input, a);
      default -> null;
    };
  }

  private static Object plain(String name, Arguments arguments, Object result) {
    arguments.check(name, 0);
    return result;
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  /** Unlike the method title, this one starts words only after blanks, hyphens and brackets. */
  private static String title(String text) {
    var out = new StringBuilder(text.length());
    var start = true;
    for (var c : (Iterable<Integer>) text.codePoints()::iterator) {
      var character = Character.toString(c);
      var separates = Characters.isSpace(c) || "-({[<".indexOf(c) >= 0;
      out.append(start ? character.toUpperCase(Locale.ROOT) : character.toLowerCase(Locale.ROOT));
      start = separates;
    }
    return out.toString();
  }

  private static String trim(String text, Arguments arguments) {
    var characters = arguments.get(0, "chars", null);
    return StringMethods.strip(
        text, characters == null ? null : arguments.string(0, "chars", ""), true, true);
  }

  private String replace(String text, Arguments arguments) {
    arguments.check("replace", 2, "old", "new", "count");
    var count = arguments.get(2, "count", null);
    return Texts.replace(
        text,
        Representation.str(arguments.get(0, "old", "")),
        Representation.str(arguments.get(1, "new", "")),
        count == null ? -1 : Values.integer(count, "count"),
        budget);
  }

  private Object indent(Object input, Arguments arguments) {
    arguments.check("indent", 0, "width", "first", "blank");
    if (!(input instanceof String text)) {
      throw input instanceof Undefined undefined
          ? undefined.fault()
          : Fault.of("'indent' works on str, not " + Values.typeName(input) + ".");
    }
    var width = arguments.get(0, "width", 4L);
    var indentation =
        width instanceof String own
            ? own
            : " ".repeat(Math.clamp(Values.integer(width, "width"), 0, 100_000));
    var blank = arguments.isTrue(2, "blank");
    var out = new StringBuilder(arguments.isTrue(1, "first") ? indentation : "");
    var first = true;
    for (var line : Texts.splitLines(text + "\n", false)) {
      var content = (String) line;
      budget.allocate((long) indentation.length() + content.length() + 1);
      if (!first) {
        out.append('\n').append(blank || !content.isEmpty() ? indentation : "");
      }
      out.append(content);
      first = false;
    }
    return out.toString();
  }

  private Object center(String text, Arguments arguments) {
    var method = new StringMethods(budget).method(text, "center");
    return method.call(
        arguments.positional().isEmpty() && arguments.named().isEmpty()
            ? new Arguments(List.of(80L), Map.of())
            : arguments);
  }

  private String truncate(String text, Arguments arguments) {
    arguments.check("truncate", 0, "length", "killwords", "end", "leeway");
    var length = arguments.integer(0, "length", 255);
    var end = arguments.string(2, "end", "...");
    var leeway = arguments.get(3, "leeway", null);
    var most = length + (leeway == null ? 5 : Values.integer(leeway, "leeway"));
    if (length < end.length()) {
      throw Fault.of("truncate() needs a length of at least " + end.length() + ".");
    }
    if (Characters.length(text) <= most) {
      return text;
    }
    var kept = text.substring(0, text.offsetByCodePoints(0, (int) length - Characters.length(end)));
    var word = kept.lastIndexOf(' ');
    return (arguments.isTrue(1, "killwords") || word < 0 ? kept : kept.substring(0, word)) + end;
  }

  private Object format(String text, Arguments arguments) {
    if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
      throw Fault.of("can't handle positional and keyword arguments at the same time");
    }
    Object values =
        arguments.named().isEmpty()
            ? Tuple.of(arguments.positional())
            : new LinkedHashMap<Object, Object>(arguments.named());
    return PercentFormat.format(text, values, budget);
  }
}
