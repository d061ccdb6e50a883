package platform.deepseek.inference.text.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Filters over lists, dicts and everything else that can be iterated. */
final class SequenceFilters {

  private final Budget budget;
  private final Methods methods;
  private final Filters filters;

  SequenceFilters(Budget budget, Methods methods, Filters filters) {
    this.budget = budget;
    this.methods = methods;
    this.filters = filters;
  }

  Filters.Filter find(String name) {
    return switch (name) {
      case "list" -> (input, a) -> Sequences.list(input, checked(name, a));
      case "first" ->
          (input, a) -> {
            checked(name, a);
            return firstOf(Sequences.iterate(input), "No first item, sequence was empty.");
          };
      case "last" ->
          (input, a) ->
              firstOf(
                  Sequences.reversed(input, checked(name, a)), "No last item, sequence was empty.");
      case "reverse" -> (input, a) -> reverse(input, checked(name, a));
      case "join" -> (input, a) -> join(input, a.check(name, 0, "d", "attribute"));
      case "items" -> (input, a) -> items(input);
      case "dictsort" -> this::dictSort;
      case "sort" -> this::sort;
      case "unique" -> this::unique;
      case "groupby" -> this::groupBy;
      case "min" -> (input, a) -> extreme(name, input, a, "<");
      case "max" -> (input, a) -> extreme(name, input, a, ">");
      case "sum" -> (input, a) -> sum(input, a.check(name, 0, "attribute", "start"));
      case "map" -> this::map;
      case "select" -> (input, a) -> select(input, a, 0, true);
      case "reject" -> (input, a) -> select(input, a, 0, false);
      case "selectattr" -> (input, a) -> select(input, a, 1, true);
      case "rejectattr" -> (input, a) -> select(input, a, 1, false);
      case "batch" -> this::batch;
      case "slice" -> this::slices;
      case "attr" ->
          (input, a) ->
              input instanceof Map<?, ?>
                      && a.get(0, "name", "") instanceof String attribute
                      && !Set.of("items", "keys", "values", "get").contains(attribute)
                  ? Undefined.attribute(input, attribute)
                  : methods.attribute(input, a.check(name, 1, "name").string(0, "name", ""));
      default -> null;
    };
  }

  private Budget checked(String name, Arguments arguments) {
    arguments.check(name, 0);
    return budget;
  }

  private static Object firstOf(Iterator<Object> items, String message) {
    return items.hasNext() ? items.next() : new Undefined(message);
  }

  private Object reverse(Object input, Budget budget) {
    if (input instanceof String text) {
      return Sequences.slice(text, null, null, -1L, budget);
    }
    return input instanceof Generator
        ? Sequences.list(input, budget).reversed()
        : new Generator(Sequences.reversed(input, budget));
  }

  private String join(Object input, Arguments arguments) {
    var separator = Representation.str(arguments.get(0, "d", ""));
    var attribute = arguments.get(1, "attribute", null);
    var out = new StringBuilder();
    var items = Sequences.iterate(input);
    for (var first = true; items.hasNext(); first = false) {
      var item = items.next();
      var text = Representation.str(attribute == null ? item : path(item, attribute));
      budget.work(text.length());
      budget.allocate((long) text.length() + separator.length());
      out.append(first ? "" : separator).append(text);
    }
    return out.toString();
  }

  private static Object items(Object input) {
    return switch (input) {
      case Undefined undefined -> new Generator(Sequences.iterate(undefined));
      case Map<?, ?> map -> new Generator(new DictView(DictView.Kind.ITEMS, map).iterator());
      case null, default -> throw Fault.of("Can only get item pairs from a mapping.");
    };
  }

  /** Follows a dotted path; parts of digits are indices. */
  private Object path(Object item, Object attribute) {
    if (!(attribute instanceof String path)) {
      return attribute == null ? item : methods.item(item, attribute);
    }
    var value = item;
    for (var part : path.split("\\.", -1)) {
      value =
          methods.item(
              value, part.matches("\\d{1,9}") ? (Object) Long.valueOf(part) : (Object) part);
    }
    return value;
  }

  private UnaryOperator<Object> key(Object attribute, boolean caseSensitive) {
    return item -> folded(path(item, attribute), caseSensitive);
  }

  private static Object folded(Object value, boolean caseSensitive) {
    return !caseSensitive && value instanceof String text ? text.toLowerCase(Locale.ROOT) : value;
  }

  private record Keyed(Object key, Object item) {}

  private List<Keyed> keyed(Object input, UnaryOperator<Object> key) {
    List<Keyed> keyed = new ArrayList<>();
    Sequences.list(input, budget).forEach(item -> keyed.add(new Keyed(key.apply(item), item)));
    return keyed;
  }

  private int charged(int order) {
    budget.step();
    return order;
  }

  private Object dictSort(Object input, Arguments arguments) {
    arguments.check("dictsort", 0, "case_sensitive", "by", "reverse");
    var by = arguments.string(1, "by", "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw Fault.of("You can only sort by either \"key\" or \"value\"");
    }
    if (!(input instanceof Map<?, ?> map)) {
      throw input instanceof Undefined undefined
          ? undefined.fault()
          : Fault.of("'dictsort' works on dict, not " + Values.typeName(input) + ".");
    }
    var pairs =
        keyed(
            new DictView(DictView.Kind.ITEMS, map),
            pair ->
                folded(
                    ((Tuple) pair).items().get(by.equals("key") ? 0 : 1),
                    arguments.isTrue(0, "case_sensitive")));
    return ordered(pairs, arguments.isTrue(2, "reverse"), false);
  }

  private Object sort(Object input, Arguments arguments) {
    arguments.check("sort", 0, "reverse", "case_sensitive", "attribute");
    var caseSensitive = arguments.isTrue(1, "case_sensitive");
    var attribute = arguments.get(2, "attribute", null);
    List<Object> paths =
        attribute instanceof String text
            ? Arrays.asList((Object[]) text.split(",", -1))
            : Arrays.asList(attribute);
    var keyed =
        keyed(
            input,
            item -> {
              List<Object> keys = new ArrayList<>();
              paths.forEach(path -> keys.add(folded(path(item, path), caseSensitive)));
              return keys;
            });
    return ordered(keyed, arguments.isTrue(0, "reverse"), true);
  }

  /** Sorts stably, also in reverse. Keys in lists may be equal without having an order. */
  private List<Object> ordered(List<Keyed> keyed, boolean reverse, boolean lists) {
    var sorted =
        Comparisons.sorted(
            keyed,
            (a, b) -> {
              var left = reverse ? b.key() : a.key();
              var right = reverse ? a.key() : b.key();
              return charged(
                  lists
                      ? Comparisons.sorting(left, right)
                      : Comparisons.ordered("<", left, right) ? -1 : 1);
            });
    List<Object> items = new ArrayList<>();
    sorted.forEach(entry -> items.add(entry.item()));
    return items;
  }

  private Object unique(Object input, Arguments arguments) {
    arguments.check("unique", 0, "case_sensitive", "attribute");
    var key = key(arguments.get(1, "attribute", null), arguments.isTrue(0, "case_sensitive"));
    Set<Object> seen = new HashSet<>();
    return new Generator(
        Generator.filtering(
            Sequences.iterate(input),
            item -> {
              var value = key.apply(item);
              return seen.add(value instanceof Undefined ? value : hashed(value));
            }));
  }

  /** Equal numbers are one key whatever their type. */
  private static Object hashed(Object value) {
    var number = Arithmetic.number(Values.key(value));
    return number instanceof Double real && real == Math.rint(real) && Math.abs(real) < 1e15
        ? (Object) real.longValue()
        : number;
  }

  private Object groupBy(Object input, Arguments arguments) {
    arguments.check("groupby", 1, "attribute", "default", "case_sensitive");
    var attribute = arguments.get(0, "attribute", null);
    var fallback = arguments.get(1, "default", null);
    UnaryOperator<Object> original =
        item -> {
          var value = path(item, attribute);
          return value instanceof Undefined && fallback != null ? fallback : value;
        };
    var caseSensitive = arguments.isTrue(2, "case_sensitive");
    var keyed = keyed(input, item -> folded(original.apply(item), caseSensitive));
    List<Object> groups = new ArrayList<>();
    Object current = null;
    List<Object> members = null;
    for (var item : ordered(keyed, false, false)) {
      var value = folded(original.apply(item), caseSensitive);
      if (members == null || !Comparisons.equal(current, value)) {
        members = new ArrayList<>();
        current = value;
        groups.add(
            new Tuple(Arrays.asList(original.apply(item), members), List.of("grouper", "list")));
      }
      members.add(item);
    }
    return groups;
  }

  private Object extreme(String name, Object input, Arguments arguments, String better) {
    arguments.check(name, 0, "case_sensitive", "attribute");
    var key = key(arguments.get(1, "attribute", null), arguments.isTrue(0, "case_sensitive"));
    Keyed best = null;
    for (var candidate : keyed(input, key)) {
      if (best == null || Comparisons.ordered(better, candidate.key(), best.key())) {
        best = candidate;
      }
    }
    return best == null ? new Undefined("No aggregated item, sequence was empty.") : best.item();
  }

  private Object sum(Object input, Arguments arguments) {
    var attribute = arguments.get(0, "attribute", null);
    var total = arguments.get(1, "start", 0L);
    if (total instanceof String) {
      throw Fault.of("sum() can't sum strings [use ''.join(seq) instead]");
    }
    var items = Sequences.iterate(input);
    while (items.hasNext()) {
      var item = items.next();
      budget.step();
      total =
          Arithmetic.binary("+", total, attribute == null ? item : path(item, attribute), budget);
    }
    return total;
  }

  private Object map(Object input, Arguments arguments) {
    if (!Values.isTrue(input)) {
      return new Generator(List.<Object>of().iterator());
    }
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      var attribute = arguments.named().get("attribute");
      var fallback = arguments.named().get("default");
      return mapping(
          input,
          item -> {
            var value = path(item, attribute);
            return value instanceof Undefined && fallback != null ? fallback : value;
          });
    }
    if (arguments.positional().isEmpty()) {
      throw Fault.of("map requires a filter argument");
    }
    var filter = Representation.str(arguments.positional().getFirst());
    var rest = arguments.after(1);
    return mapping(input, item -> filters.apply(filter, item, rest));
  }

  private Generator mapping(Object input, UnaryOperator<Object> function) {
    return new Generator(
        Generator.mapping(
            Sequences.iterate(input),
            item -> {
              budget.step();
              return function.apply(item);
            }));
  }

  /**
   * @param paths 1 where the first argument says what to look at, else 0
   */
  private Object select(Object input, Arguments arguments, int paths, boolean wanted) {
    if (!Values.isTrue(input)) {
      return new Generator(List.<Object>of().iterator());
    }
    var positional = arguments.positional();
    if (positional.size() < paths) {
      throw Fault.of("Missing parameter for attribute name");
    }
    UnaryOperator<Object> value = item -> paths == 0 ? item : path(item, positional.getFirst());
    Predicate<Object> test =
        positional.size() == paths
            ? Values::isTrue
            : item ->
                filters.test(
                    Representation.str(positional.get(paths)), item, arguments.after(paths + 1));
    return new Generator(
        Generator.filtering(
            Sequences.iterate(input),
            item -> {
              budget.step();
              return test.test(value.apply(item)) == wanted;
            }));
  }

  private Object batch(Object input, Arguments arguments) {
    arguments.check("batch", 1, "linecount", "fill_with");
    var size = arguments.integer(0, "linecount", 1);
    var fill = arguments.get(1, "fill_with", null);
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (var item : Sequences.list(input, budget)) {
      if (batch.size() == size) {
        batches.add(batch);
        batch = new ArrayList<>();
      }
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      budget.allocateElements(fill == null ? 0 : Math.clamp(size, 0, Integer.MAX_VALUE));
      while (fill != null && batch.size() < size) {
        batch.add(fill);
      }
      batches.add(batch);
    }
    return new Generator(batches.iterator());
  }

  private Object slices(Object input, Arguments arguments) {
    arguments.check("slice", 1, "slices", "fill_with");
    var count = arguments.integer(0, "slices", 1);
    var fill = arguments.get(1, "fill_with", null);
    var items = Sequences.list(input, budget);
    if (count == 0) {
      throw Fault.of("integer division or modulo by zero");
    }
    budget.allocateElements(Math.clamp(count, 0, Integer.MAX_VALUE));
    List<Object> slices = new ArrayList<>();
    var start = 0;
    for (var i = 0L; i < count; i++) {
      var end = start + (int) (items.size() / count) + (i < items.size() % count ? 1 : 0);
      List<Object> slice = new ArrayList<>(items.subList(start, end));
      if (fill != null && i >= items.size() % count) {
        slice.add(fill);
      }
      slices.add(slice);
      start = end;
    }
    return new Generator(slices.iterator());
  }
}
