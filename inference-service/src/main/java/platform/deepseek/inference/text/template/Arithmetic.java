package platform.deepseek.inference.text.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Operators on numbers as in Python, and plus and times of strings and lists. */
final class Arithmetic {

  private static final int LONGEST_INTEGER_BITS = 16_384;

  private Arithmetic() {}

  /** Long where it fits, else BigInteger. */
  static Object integer(BigInteger value) {
    if (value.bitLength() > LONGEST_INTEGER_BITS) {
      throw Fault.limit("An integer has more than " + LONGEST_INTEGER_BITS + " bits.");
    }
    return value.bitLength() < 64 ? (Object) value.longValue() : value;
  }

  /** Booleans are 0 and 1. */
  static Object number(Object value) {
    return value instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : value;
  }

  static double real(Object value) {
    return switch (value) {
      case Double number -> number;
      case Long number -> number.doubleValue();
      case BigInteger number -> {
        if (Double.isInfinite(number.doubleValue())) {
          throw Fault.of("int too large to convert to float");
        }
        yield number.doubleValue();
      }
      default -> throw new IllegalArgumentException("not a number: " + value);
    };
  }

  static BigInteger big(Object value) {
    return value instanceof BigInteger number ? number : BigInteger.valueOf((Long) value);
  }

  static Object binary(String operator, Object left, Object right, Budget budget) {
    var a = number(left);
    var b = number(right);
    if (Values.isInteger(a) && Values.isInteger(b)) {
      return integers(operator, a, b);
    }
    if (Values.isNumber(a) && Values.isNumber(b)) {
      return reals(operator, real(a), real(b));
    }
    return switch (operator) {
      case "+" -> plus(left, right, budget);
      case "*" ->
          Values.isInteger(a) ? repeat(right, a, budget, left) : repeat(left, b, budget, right);
      case "%" -> {
        if (left instanceof String format) {
          yield PercentFormat.format(format, right, budget);
        }
        throw unsupported(operator, left, right);
      }
      default -> throw unsupported(operator, left, right);
    };
  }

  private static Object integers(String operator, Object a, Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      switch (operator) {
        case "+" -> {
          var sum = x + y;
          if (((x ^ sum) & (y ^ sum)) >= 0) {
            return sum;
          }
        }
        case "-" -> {
          var difference = x - y;
          if (((x ^ y) & (x ^ difference)) >= 0) {
            return difference;
          }
        }
        default -> {}
      }
    }
    var x = big(a);
    var y = big(b);
    return switch (operator) {
      case "+" -> integer(x.add(y));
      case "-" -> integer(x.subtract(y));
      case "*" -> integer(x.multiply(y));
      case "/" -> {
        if (y.signum() == 0) {
          throw Fault.of("division by zero");
        }
        yield real(a) / real(b);
      }
      case "//" -> integer(floorDivide(x, y));
      case "%" -> integer(x.subtract(floorDivide(x, y).multiply(y)));
      default -> power(x, y);
    };
  }

  private static BigInteger floorDivide(BigInteger x, BigInteger y) {
    if (y.signum() == 0) {
      throw Fault.of("integer division or modulo by zero");
    }
    var parts = x.divideAndRemainder(y);
    return parts[1].signum() != 0 && parts[1].signum() != y.signum()
        ? parts[0].subtract(BigInteger.ONE)
        : parts[0];
  }

  private static Object power(BigInteger base, BigInteger exponent) {
    if (exponent.signum() < 0) {
      return reals("**", real(integer(base)), real(integer(exponent)));
    }
    if (base.bitLength() > 1
        && (exponent.bitLength() > 31
            || base.bitLength() * exponent.longValue() > LONGEST_INTEGER_BITS)) {
      throw Fault.limit("An integer has more than " + LONGEST_INTEGER_BITS + " bits.");
    }
    if (base.bitLength() <= 1 && exponent.bitLength() > 13) {
      return smallPower(base, exponent);
    }
    return integer(base.pow(exponent.intValueExact()));
  }

  /** Powers of -2, -1, 0 and 1 with a huge exponent. */
  private static Object smallPower(BigInteger base, BigInteger exponent) {
    if (base.bitLength() == 1 && base.signum() < 0) {
      throw Fault.limit("An integer has more than " + LONGEST_INTEGER_BITS + " bits.");
    }
    return base.signum() < 0 && !exponent.testBit(0) ? 1L : integer(base);
  }

  private static Object reals(String operator, double x, double y) {
    return switch (operator) {
      case "+" -> x + y;
      case "-" -> x - y;
      case "*" -> x * y;
      case "/" -> {
        nonZero(y, "float division by zero");
        yield x / y;
      }
      case "//" -> {
        nonZero(y, "float floor division by zero");
        yield floorQuotient(x, y);
      }
      case "%" -> {
        nonZero(y, "float modulo");
        yield modulo(x, y);
      }
      default -> realPower(x, y);
    };
  }

  private static void nonZero(double divisor, String message) {
    if (divisor == 0) {
      throw Fault.of(message);
    }
  }

  private static double modulo(double x, double y) {
    var remainder = x % y;
    if (remainder == 0) {
      return Math.copySign(0, y);
    }
    return (remainder < 0) != (y < 0) ? remainder + y : remainder;
  }

  /** As CPython's float_divmod: divides what is left after the remainder, then rounds. */
  private static double floorQuotient(double x, double y) {
    var remainder = x % y;
    var quotient = (x - remainder) / y;
    if (remainder != 0 && (remainder < 0) != (y < 0)) {
      quotient -= 1;
    }
    if (quotient == 0) {
      return Math.copySign(0, x / y);
    }
    var floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double realPower(double x, double y) {
    if (x == 0 && y < 0) {
      throw Fault.of("0.0 cannot be raised to a negative power");
    }
    var power = x == 1 ? 1 : Math.pow(x, y);
    if (Double.isNaN(power) && !Double.isNaN(x) && !Double.isNaN(y)) {
      throw Fault.of("A root of a negative number is complex; templates have no such numbers.");
    }
    if (Double.isInfinite(power) && Double.isFinite(x) && Double.isFinite(y)) {
      throw Fault.of("Numerical result out of range");
    }
    return power;
  }

  private static Object plus(Object left, Object right, Budget budget) {
    if (left instanceof String a && right instanceof String b) {
      budget.allocate((long) a.length() + b.length());
      return a + b;
    }
    if (isList(left) && isList(right)) {
      return joined((List<?>) left, (List<?>) right, budget);
    }
    if (left instanceof Tuple a && right instanceof Tuple b) {
      return Tuple.of(joined(a.items(), b.items(), budget));
    }
    throw unsupported("+", left, right);
  }

  private static boolean isList(Object value) {
    return value instanceof List<?> && !(value instanceof Range);
  }

  private static List<Object> joined(List<?> left, List<?> right, Budget budget) {
    budget.allocateElements((long) left.size() + right.size());
    List<Object> joined = new ArrayList<>(left.size() + right.size());
    joined.addAll(left);
    joined.addAll(right);
    return joined;
  }

  private static Object repeat(Object sequence, Object count, Budget budget, Object written) {
    if (Values.isInteger(count)) {
      var times = Math.max(0, Values.integer(count, "count"));
      if (sequence instanceof String text) {
        budget.allocate(size(text.length(), times));
        return text.repeat((int) times);
      }
      if (isList(sequence)) {
        return repeated((List<?>) sequence, times, budget);
      }
      if (sequence instanceof Tuple tuple) {
        return Tuple.of(repeated(tuple.items(), times, budget));
      }
    }
    throw unsupported("*", sequence, written);
  }

  /** The size of a repetition; beyond the range of int it only has to be too much. */
  private static long size(int length, long times) {
    var size = (double) Math.max(length, 1) * times;
    return size > Integer.MAX_VALUE ? Integer.MAX_VALUE : (long) size;
  }

  private static List<Object> repeated(List<?> items, long times, Budget budget) {
    budget.allocateElements(size(items.size(), times));
    List<Object> repeated = new ArrayList<>();
    for (var i = 0L; i < times && !items.isEmpty(); i++) {
      repeated.addAll(items);
    }
    return repeated;
  }

  static Object negate(Object value) {
    return switch (number(value)) {
      case Double number -> -number;
      case Long number -> integer(BigInteger.valueOf(number).negate());
      case BigInteger number -> integer(number.negate());
      case null, default -> throw unary("-", value);
    };
  }

  static Object plus(Object value) {
    var number = number(value);
    if (Values.isNumber(number)) {
      return number;
    }
    throw unary("+", value);
  }

  private static Fault unary(String operator, Object value) {
    return value instanceof Undefined undefined
        ? undefined.fault()
        : Fault.of("bad operand type for unary " + operator + ": '" + Values.typeName(value) + "'");
  }

  private static Fault unsupported(String operator, Object left, Object right) {
    if (left instanceof Undefined undefined) {
      return undefined.fault();
    }
    if (right instanceof Undefined undefined) {
      return undefined.fault();
    }
    if (operator.equals("+") && left instanceof String) {
      return Fault.of("can only concatenate str (not \"" + Values.typeName(right) + "\") to str");
    }
    return Fault.of(
        "unsupported operand type(s) for "
            + operator
            + ": '"
            + Values.typeName(left)
            + "' and '"
            + Values.typeName(right)
            + "'");
  }
}
