package platform.deepseek.inference.text.template;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** Attributes and items of values. What would change a list or dict is out of reach. */
final class Methods {

  private static final Set<String> CHANGES_DICT =
      Set.of("clear", "pop", "popitem", "setdefault", "update");
  private static final Set<String> CHANGES_LIST =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private final Budget budget;
  private final StringMethods strings;

  Methods(Budget budget) {
    this.budget = budget;
    this.strings = new StringMethods(budget);
  }

  /** {@code target.name}: a method or attribute first, then an item. */
  Object attribute(Object target, String name) {
    if (target instanceof Undefined undefined) {
      throw undefined.fault();
    }
    if (target instanceof Namespace namespace && namespace.attributes().containsKey(name)) {
      return namespace.attributes().get(name);
    }
    var own = own(target, name);
    if (own != null) {
      return own;
    }
    return target instanceof Map<?, ?> map && map.containsKey(name)
        ? map.get(name)
        : missing(target, name);
  }

  /** {@code target[index]}: an item first, then a method or attribute. */
  Object item(Object target, Object index) {
    if (target instanceof Undefined undefined) {
      throw undefined.fault();
    }
    if (target instanceof Map<?, ?> map) {
      if (isKey(index) && map.containsKey(index)) {
        return map.get(index);
      }
    } else {
      budget.work(target instanceof String text ? text.length() : 0);
      var item = Sequences.at(target, index, null);
      if (item != null || index instanceof Long && isInside(target, (Long) index)) {
        return item;
      }
    }
    if (index instanceof String name) {
      return attribute(target, name);
    }
    return Undefined.attribute(target, index);
  }

  private static boolean isKey(Object index) {
    return index == null
        || index instanceof String
        || index instanceof Boolean
        || Values.isNumber(index)
        || index instanceof Tuple;
  }

  /** A list can hold null, so null alone does not say that there is no item. */
  private static boolean isInside(Object target, long index) {
    return (target instanceof List<?> || target instanceof Tuple)
        && index < Sequences.length(target)
        && index >= -Sequences.length(target);
  }

  private static Object missing(Object target, String name) {
    return name.startsWith("__") && !(target instanceof Map<?, ?>)
        ? Undefined.unsafe(target, name)
        : Undefined.attribute(target, name);
  }

  /** The method or attribute of the value's type, or null where it has none of the name. */
  private Object own(Object target, String name) {
    return switch (target) {
      case String text -> strings.method(text, name);
      case Map<?, ?> map ->
          CHANGES_DICT.contains(name) ? Undefined.unsafe(map, name) : dict(map, name);
      case Range range -> sequence(range, name);
      case List<?> list ->
          CHANGES_LIST.contains(name) ? Undefined.unsafe(list, name) : sequence(list, name);
      case Tuple tuple ->
          tuple.names().contains(name)
              ? tuple.items().get(tuple.names().indexOf(name))
              : sequence(tuple.items(), name);
      case LoopState loop -> loop.attribute(name);
      case Macro macro -> macro.attribute(name);
      case null, default -> null;
    };
  }

  private Object dict(Map<?, ?> map, String name) {
    return switch (name) {
      case "items" -> view(name, map, DictView.Kind.ITEMS);
      case "keys" -> view(name, map, DictView.Kind.KEYS);
      case "values" -> view(name, map, DictView.Kind.VALUES);
      case "get" ->
          new Function(
              name,
              arguments -> {
                arguments.check(name, 1, "key", "default");
                var key = Values.key(arguments.get(0, "key", null));
                return map.containsKey(key) ? map.get(key) : arguments.get(1, "default", null);
              });
      case "copy" -> new Function(name, arguments -> map);
      default -> null;
    };
  }

  private static Function view(String name, Map<?, ?> map, DictView.Kind kind) {
    return new Function(
        name,
        arguments -> {
          arguments.check(name, 0);
          return new DictView(kind, map);
        });
  }

  private Object sequence(List<?> list, String name) {
    return switch (name) {
      case "index" -> new Function(name, arguments -> index(list, arguments));
      case "count" ->
          new Function(
              name,
              arguments -> {
                var wanted = arguments.check(name, 1, "value").get(0, "value", null);
                budget.work(list.size());
                return list.stream().filter(item -> Comparisons.equal(item, wanted)).count();
              });
      case "copy" -> list instanceof Range ? null : new Function(name, arguments -> list);
      default -> null;
    };
  }

  private Object index(List<?> list, Arguments arguments) {
    arguments.check("index", 1, "value", "start", "stop");
    budget.work(list.size());
    var wanted = arguments.get(0, "value", null);
    var start = arguments.integer(1, "start", 0);
    var stop = arguments.integer(2, "stop", list.size());
    var from = Math.clamp(start < 0 ? start + list.size() : start, 0, list.size());
    var to = Math.clamp(stop < 0 ? stop + list.size() : stop, 0, list.size());
    for (var i = from; i < to; i++) {
      if (Comparisons.equal(list.get(i), wanted)) {
        return (long) i;
      }
    }
    throw Fault.of(Representation.repr(wanted) + " is not in list");
  }
}
