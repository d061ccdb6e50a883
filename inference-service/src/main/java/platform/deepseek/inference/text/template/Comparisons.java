package platform.deepseek.inference.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Equality, order and membership as in Python. */
final class Comparisons {

  private Comparisons() {}

  static boolean equal(Object left, Object right) {
    return equal(left, right, 0);
  }

  private static boolean equal(Object left, Object right, int depth) {
    Budget.valueDepth(depth);
    if (left == right) {
      return !(left instanceof Double number && number.isNaN());
    }
    if (left == null || right == null) {
      return false;
    }
    if (isNumeric(left) && isNumeric(right)) {
      return compareNumbers(left, right) == 0;
    }
    return switch (left) {
      case List<?> list ->
          right instanceof List<?> other
              && list instanceof Range == other instanceof Range
              && equalItems(list, other, depth);
      case Tuple tuple ->
          right instanceof Tuple other && equalItems(tuple.items(), other.items(), depth);
      case Map<?, ?> map -> right instanceof Map<?, ?> other && equalMaps(map, other, depth);
      case Namespace namespace -> false;
      default -> left.equals(right);
    };
  }

  private static boolean equalItems(List<?> left, List<?> right, int depth) {
    if (left.size() != right.size()) {
      return false;
    }
    for (var i = 0; i < left.size(); i++) {
      if (!equal(left.get(i), right.get(i), depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalMaps(Map<?, ?> left, Map<?, ?> right, int depth) {
    return left.size() == right.size()
        && left.entrySet().stream()
            .allMatch(
                entry ->
                    right.containsKey(entry.getKey())
                        && equal(entry.getValue(), right.get(entry.getKey()), depth + 1));
  }

  private static boolean isNumeric(Object value) {
    return Values.isNumber(value) || value instanceof Boolean;
  }

  /** Minus one, zero, one; two where one of them is not a number at all. */
  private static int compareNumbers(Object left, Object right) {
    var a = Arithmetic.number(left);
    var b = Arithmetic.number(right);
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (a instanceof Double x && b instanceof Double y) {
      return x.isNaN() || y.isNaN() ? 2 : x < y ? -1 : x > y ? 1 : 0;
    }
    var x = a instanceof Double d ? d : 0.0;
    var y = b instanceof Double d ? d : 0.0;
    if (Double.isNaN(x) || Double.isNaN(y)) {
      return 2;
    }
    if (Double.isInfinite(x) || Double.isInfinite(y)) {
      return Double.compare(x, y);
    }
    return decimal(a).compareTo(decimal(b));
  }

  private static BigDecimal decimal(Object number) {
    return switch (number) {
      case Double real -> new BigDecimal(real);
      case BigInteger big -> new BigDecimal(big);
      default -> BigDecimal.valueOf((Long) number);
    };
  }

  /** The result of one of {@code < <= > >=}. */
  static boolean ordered(String operator, Object left, Object right) {
    var order = order(operator, left, right, 0);
    return switch (operator) {
      case "<" -> order == -1;
      case "<=" -> order == -1 || order == 0;
      case ">" -> order == 1;
      default -> order == 1 || order == 0;
    };
  }

  private static int order(String operator, Object left, Object right, int depth) {
    Budget.valueDepth(depth);
    if (isNumeric(left) && isNumeric(right)) {
      return compareNumbers(left, right);
    }
    if (left instanceof String a && right instanceof String b) {
      return Integer.signum(compareCodePoints(a, b));
    }
    if (left instanceof Tuple a && right instanceof Tuple b) {
      return orderItems(operator, a.items(), b.items(), depth);
    }
    if (left instanceof List<?> a
        && right instanceof List<?> b
        && !(a instanceof Range)
        && !(b instanceof Range)) {
      return orderItems(operator, a, b, depth);
    }
    if (left instanceof Undefined undefined) {
      throw undefined.fault();
    }
    if (right instanceof Undefined undefined) {
      throw undefined.fault();
    }
    throw Fault.of(
        "'"
            + operator
            + "' not supported between instances of '"
            + Values.typeName(left)
            + "' and '"
            + Values.typeName(right)
            + "'");
  }

  private static int orderItems(String operator, List<?> left, List<?> right, int depth) {
    for (var i = 0; i < Math.min(left.size(), right.size()); i++) {
      if (!equal(left.get(i), right.get(i))) {
        return order(operator, left.get(i), right.get(i), depth + 1);
      }
    }
    return Integer.compare(left.size(), right.size());
  }

  /** Python orders strings by code point; UTF-16 order differs for surrogates. */
  private static int compareCodePoints(String left, String right) {
    var i = 0;
    var shorter = Math.min(left.length(), right.length());
    while (i < shorter && left.charAt(i) == right.charAt(i)) {
      i++;
    }
    if (i == shorter) {
      return left.length() - right.length();
    }
    var a = left.charAt(i);
    var b = right.charAt(i);
    return Character.isSurrogate(a) == Character.isSurrogate(b)
        ? a - b
        : Character.isSurrogate(a) ? 1 : -1;
  }

  static boolean contains(Object container, Object item) {
    return switch (container) {
      case String text -> {
        if (item instanceof String part) {
          yield text.contains(part);
        }
        throw Fault.of(
            "'in <string>' requires string as left operand, not " + Values.typeName(item));
      }
      case Map<?, ?> map -> map.containsKey(Values.key(item));
      case null, default -> {
        var items = Sequences.iterate(container);
        while (items.hasNext()) {
          if (equal(items.next(), item)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  /** Order for sorting: equal values need no order, as in a comparison of lists. */
  static int sorting(Object left, Object right) {
    return equal(left, right) ? 0 : ordered("<", left, right) ? -1 : 1;
  }

  /** A stable merge sort: List.sort complains about orders with NaN, Python does not. */
  static <T> List<T> sorted(List<T> items, Comparator<T> order) {
    if (items.size() < 2) {
      return new ArrayList<>(items);
    }
    var middle = items.size() / 2;
    var left = sorted(items.subList(0, middle), order);
    var right = sorted(items.subList(middle, items.size()), order);
    List<T> merged = new ArrayList<>(items.size());
    var l = 0;
    var r = 0;
    while (l < left.size() && r < right.size()) {
      merged.add(order.compare(right.get(r), left.get(l)) < 0 ? right.get(r++) : left.get(l++));
    }
    merged.addAll(left.subList(l, left.size()));
    merged.addAll(right.subList(r, right.size()));
    return merged;
  }
}
