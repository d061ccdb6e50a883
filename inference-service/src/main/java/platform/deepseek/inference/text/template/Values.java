package platform.deepseek.inference.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What Python knows about a value. Inside a rendering there are null, Boolean, Long, BigInteger
 * (only beyond the range of Long), Double, String, List, {@link Tuple}, {@link Range}, Map, {@link
 * DictView}, {@link Generator}, {@link Namespace}, {@link LoopState}, {@link Callable} and {@link
 * Undefined}.
 */
final class Values {

  private Values() {}

  /** A copy of a variable in the types above, so that no one changes it while we render. */
  static Object admit(Object value, int depth) {
    Budget.valueDepth(depth);
    return switch (value) {
      case null -> null;
      case String text -> text;
      case Boolean flag -> flag;
      case Long number -> number;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case BigInteger number -> Arithmetic.integer(number);
      case Double number -> number;
      case Float number -> number.doubleValue();
      case BigDecimal number -> number.doubleValue();
      case Undefined undefined -> undefined;
      case Map<?, ?> map -> admitMap(map, depth);
      case List<?> list -> {
        List<Object> copy = new ArrayList<>(list.size());
        list.forEach(item -> copy.add(admit(item, depth + 1)));
        yield copy;
      }
      default ->
          throw Fault.of(
              "A variable of type "
                  + value.getClass().getSimpleName()
                  + " has no meaning in a template; pass maps, lists, strings, numbers or"
                  + " booleans.");
    };
  }

  private static Map<Object, Object> admitMap(Map<?, ?> map, int depth) {
    Map<Object, Object> copy = LinkedHashMap.newLinkedHashMap(map.size());
    map.forEach((key, value) -> copy.put(key(admit(key, depth + 1)), admit(value, depth + 1)));
    return copy;
  }

  /** Checks that a value can be the key of a dict. */
  static Object key(Object value) {
    if (value == null
        || value instanceof String
        || value instanceof Boolean
        || isNumber(value)
        || value instanceof Tuple tuple && isFlat(tuple)) {
      return value;
    }
    throw Fault.of("unhashable type: '" + typeName(value) + "'");
  }

  private static boolean isFlat(Tuple tuple) {
    return tuple.items().stream().allMatch(item -> !(item instanceof Tuple) && key(item) == item);
  }

  static boolean isTrue(Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case Undefined undefined -> false;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Tuple tuple -> !tuple.items().isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case DictView view -> !view.dict().isEmpty();
      default -> true;
    };
  }

  /** Python's name of the type. */
  static String typeName(Object value) {
    return switch (value) {
      case null -> "NoneType";
      case Boolean flag -> "bool";
      case Undefined undefined -> "Undefined";
      case Long number -> "int";
      case BigInteger number -> "int";
      case Double number -> "float";
      case String text -> "str";
      case Range range -> "range";
      case List<?> list -> "list";
      case Tuple tuple -> "tuple";
      case Map<?, ?> map -> "dict";
      case DictView view -> view.kind().typeName();
      case Generator generator -> "generator";
      case Namespace namespace -> "Namespace";
      case Macro macro -> "Macro";
      case LoopState loop -> "LoopContext";
      default -> "function";
    };
  }

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger;
  }

  /** Whether it is int or float; bool, a number in Python too, is not meant. */
  static boolean isNumber(Object value) {
    return isInteger(value) || value instanceof Double;
  }

  /** An index or a count; bool counts as 0 and 1. */
  static long integer(Object value, String what) {
    return switch (value) {
      case Long number -> number;
      case Boolean flag -> flag ? 1 : 0;
      case BigInteger number -> number.signum() > 0 ? Long.MAX_VALUE : Long.MIN_VALUE;
      case Undefined undefined -> throw undefined.fault();
      case null, default ->
          throw Fault.of("'" + what + "' must be int, not " + typeName(value) + ".");
    };
  }
}
