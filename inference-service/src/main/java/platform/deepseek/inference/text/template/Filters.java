package platform.deepseek.inference.text.template;

import java.util.Map;
import java.util.Set;

/** Filters and tests by name, and what the ones that take other filters need. */
final class Filters {

  private static final Set<String> TESTS =
      Set.of(
          "defined",
          "undefined",
          "none",
          "boolean",
          "true",
          "false",
          "string",
          "mapping",
          "sequence",
          "iterable",
          "number",
          "integer",
          "float",
          "callable",
          "even",
          "odd",
          "divisibleby",
          "lower",
          "upper",
          "in",
          "sameas",
          "escaped",
          "filter",
          "test",
          "eq",
          "equalto",
          "==",
          "ne",
          "!=",
          "lt",
          "lessthan",
          "<",
          "le",
          "<=",
          "gt",
          "greaterthan",
          ">",
          "ge",
          ">=");

  private final TextFilters texts;
  private final NumberFilters numbers;
  private final SequenceFilters sequences;
  private final Budget budget;

  Filters(Budget budget, Methods methods) {
    this.budget = budget;
    this.texts = new TextFilters(budget);
    this.numbers = new NumberFilters();
    this.sequences = new SequenceFilters(budget, methods, this);
  }

  Object apply(String name, Object input, Arguments arguments) {
    budget.work(Sequences.size(input));
    var filter = find(name);
    if (filter == null) {
      throw Fault.of("No filter named '" + name + "'.");
    }
    return filter.apply(input, arguments);
  }

  private Filter find(String name) {
    var filter = general(name);
    if (filter == null) {
      filter = texts.find(name);
    }
    if (filter == null) {
      filter = numbers.find(name);
    }
    return filter == null ? sequences.find(name) : filter;
  }

  /** A filter ready to be applied. */
  @FunctionalInterface
  interface Filter {
    Object apply(Object input, Arguments arguments);
  }

  private Filter general(String name) {
    return switch (name) {
      case "default", "d" ->
          (input, a) -> {
            a.check(name, 0, "default_value", "boolean");
            var missing =
                input instanceof Undefined || a.isTrue(1, "boolean") && !Values.isTrue(input);
            return missing ? a.get(0, "default_value", "") : input;
          };
      case "tojson" -> (input, a) -> Json.write(input, a, budget);
      case "length", "count" ->
          (input, a) -> {
            a.check(name, 0);
            return Sequences.length(input);
          };
      default -> null;
    };
  }

  boolean test(String name, Object value, Arguments arguments) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map<?, ?>;
      case "sequence" ->
          Sequences.hasLength(value)
              && !(value instanceof DictView
                  || value instanceof LoopState
                  || value instanceof Undefined);
      case "iterable" -> Sequences.isIterable(value) || value instanceof LoopState;
      case "number" -> Values.isNumber(value) || value instanceof Boolean;
      case "integer" -> Values.isInteger(value);
      case "float" -> value instanceof Double;
      case "callable" -> value instanceof Callable || value instanceof Undefined;
      case "even" -> remainder(value, 2L) == 0;
      case "odd" -> remainder(value, 2L) == 1;
      case "divisibleby" ->
          remainder(value, arguments.check(name, 1, "num").get(0, "num", null)) == 0;
      case "lower" -> Texts.isLower(Representation.str(value));
      case "upper" -> Texts.isUpper(Representation.str(value));
      case "in" -> Comparisons.contains(other(name, arguments), value);
      case "sameas" -> value == other(name, arguments) || isSame(value, other(name, arguments));
      case "escaped" -> false;
      case "filter" -> value instanceof String filter && find(filter) != null;
      case "test" -> value instanceof String test && TESTS.contains(test);
      case "eq", "equalto", "==" -> Comparisons.equal(value, other(name, arguments));
      case "ne", "!=" -> !Comparisons.equal(value, other(name, arguments));
      case "lt", "lessthan", "<" -> Comparisons.ordered("<", value, other(name, arguments));
      case "le", "<=" -> Comparisons.ordered("<=", value, other(name, arguments));
      case "gt", "greaterthan", ">" -> Comparisons.ordered(">", value, other(name, arguments));
      case "ge", ">=" -> Comparisons.ordered(">=", value, other(name, arguments));
      default -> throw Fault.of("No test named '" + name + "'.");
    };
  }

  private static Object other(String name, Arguments arguments) {
    return arguments.check(name, 1, "other").get(0, "other", null);
  }

  /** Booleans, strings and small numbers are the same object in Python where they are equal. */
  private static boolean isSame(Object value, Object other) {
    return value != null
        && other != null
        && value.getClass() == other.getClass()
        && (value instanceof Boolean || value instanceof String || value instanceof Long)
        && value.equals(other);
  }

  private double remainder(Object value, Object divisor) {
    if (value instanceof String) {
      throw Fault.of("not all arguments converted during string formatting");
    }
    return Arithmetic.real(Arithmetic.binary("%", value, divisor, budget));
  }
}
