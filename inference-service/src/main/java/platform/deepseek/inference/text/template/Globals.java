package platform.deepseek.inference.text.template;

import java.time.Clock;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;

/** The functions every template can call. */
final class Globals {

  private Globals() {}

  static Scope scope(Budget budget, Clock clock) {
    var scope = new Scope(null);
    define(scope, "range", Globals::range);
    define(scope, "dict", arguments -> dict("dict", arguments, budget));
    define(
        scope,
        "namespace",
        arguments -> {
          Map<String, Object> attributes = new LinkedHashMap<>();
          dict("namespace", arguments, budget)
              .forEach((name, value) -> attributes.put(Representation.str(name), value));
          return new Namespace(attributes);
        });
    define(
        scope,
        "raise_exception",
        arguments -> {
          arguments.check("raise_exception", 1, "message");
          throw Fault.raised(Representation.str(arguments.get(0, "message", "")));
        });
    define(
        scope,
        "strftime_now",
        arguments -> {
          var format = arguments.check("strftime_now", 1, "format").string(0, "format", "");
          return DateFormat.format(format, LocalDateTime.now(clock), budget);
        });
    return scope;
  }

  private static void define(Scope scope, String name, Function.Body body) {
    scope.set(name, new Function(name, body));
  }

  private static Object range(Arguments arguments) {
    var count = arguments.check("range", 1, "start", "stop", "step").positional().size();
    var first = arguments.integer(0, "start", 0);
    return count == 1
        ? new Range(0, first, 1)
        : new Range(first, arguments.integer(1, "stop", 0), arguments.integer(2, "step", 1));
  }

  /** A dict of another dict or of pairs, and of named values. */
  private static Map<Object, Object> dict(String name, Arguments arguments, Budget budget) {
    if (arguments.positional().size() > 1) {
      throw Fault.of(name + "() takes one argument and named values.");
    }
    Map<Object, Object> dict = new LinkedHashMap<>();
    if (!arguments.positional().isEmpty()) {
      var source = arguments.positional().getFirst();
      if (source instanceof Map<?, ?> map) {
        dict.putAll(map);
      } else {
        Sequences.list(source, budget).forEach(item -> putPair(dict, item, budget));
      }
    }
    dict.putAll(arguments.named());
    budget.allocateElements(2L * dict.size());
    return dict;
  }

  private static void putPair(Map<Object, Object> dict, Object item, Budget budget) {
    var pair = Sequences.list(item, budget);
    if (pair.size() != 2) {
      throw Fault.of("A dict is made of pairs; this item has " + pair.size() + " elements.");
    }
    dict.put(Values.key(pair.get(0)), pair.get(1));
  }
}
