package platform.deepseek.inference.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Pattern;

/** Filters that make numbers. */
final class NumberFilters {

  private static final Pattern REAL =
      Pattern.compile(
          "[+-]?(?:\\d+(?:_\\d+)*\\.?(?:\\d+(?:_\\d+)*)?|\\.\\d+(?:_\\d+)*)"
              + "(?:[eE][+-]?\\d+(?:_\\d+)*)?");

  Filters.Filter find(String name) {
    return switch (name) {
      case "int" -> (input, a) -> integer(input, a.check(name, 0, "default", "base"));
      case "float" -> (input, a) -> real(input, a.check(name, 0, "default"));
      case "abs" ->
          (input, a) -> {
            a.check(name, 0);
            return absolute(input);
          };
      case "round" -> (input, a) -> round(input, a.check(name, 0, "precision", "method"));
      default -> null;
    };
  }

  private static Object integer(Object input, Arguments arguments) {
    var fallback = arguments.get(0, "default", 0L);
    return switch (input) {
      case Boolean flag -> flag ? 1L : 0L;
      case Long number -> number;
      case BigInteger number -> number;
      case Double number -> truncate(number, fallback);
      case Undefined undefined -> throw undefined.fault();
      case String text -> {
        var whole = parse(text.strip().replace("_", ""), arguments.integer(1, "base", 10));
        var real = whole == null ? parseReal(text) : null;
        yield whole != null
            ? whole
            : real == null || real.isInfinite() ? fallback : truncate(real, fallback);
      }
      case null, default -> fallback;
    };
  }

  private static Object truncate(double number, Object fallback) {
    if (Double.isInfinite(number)) {
      throw Fault.of("cannot convert float infinity to integer");
    }
    return Double.isNaN(number)
        ? fallback
        : Arithmetic.integer(new BigDecimal(number).toBigInteger());
  }

  private static Object parse(String text, long base) {
    if (base < 2 || base > 36) {
      throw Fault.of("int() base must be >= 2 and <= 36");
    }
    var prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "\0";
    var digits = text.toLowerCase(Locale.ROOT).replaceFirst("^([+-]?)" + prefix, "$1");
    if (digits.length() > 4000 || digits.indexOf('-', 1) > 0 || digits.indexOf('+', 1) > 0) {
      return null;
    }
    try {
      return Arithmetic.integer(new BigInteger(digits, (int) base));
    } catch (NumberFormatException e) {
      // The filter's contract: what is no number becomes the default.
      return null;
    }
  }

  private static Double parseReal(String text) {
    var trimmed = text.strip();
    var word = trimmed.toLowerCase(Locale.ROOT).replaceFirst("^[+-]", "");
    if (word.equals("inf") || word.equals("infinity")) {
      return trimmed.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (word.equals("nan")) {
      return Double.NaN;
    }
    return trimmed.length() < 4000 && REAL.matcher(trimmed).matches()
        ? Double.valueOf(trimmed.replace("_", ""))
        : null;
  }

  private static Object real(Object input, Arguments arguments) {
    var number = Arithmetic.number(input);
    if (Values.isNumber(number)) {
      return Arithmetic.real(number);
    }
    if (input instanceof Undefined undefined) {
      throw undefined.fault();
    }
    var parsed = input instanceof String text ? parseReal(text) : null;
    return parsed == null ? arguments.get(0, "default", 0.0) : parsed;
  }

  private static Object absolute(Object input) {
    return switch (Arithmetic.number(input)) {
      case Double number -> Math.abs(number);
      case Long number -> number < 0 ? Arithmetic.negate(number) : number;
      case BigInteger number -> number.abs();
      case null, default ->
          throw Fault.of("bad operand type for abs(): '" + Values.typeName(input) + "'");
    };
  }

  private static Object round(Object input, Arguments arguments) {
    var number = Arithmetic.number(input);
    if (!Values.isNumber(number)) {
      throw input instanceof Undefined undefined
          ? undefined.fault()
          : Fault.of("'round' works on numbers, not " + Values.typeName(input) + ".");
    }
    var precision = Math.clamp(arguments.integer(0, "precision", 0), -400, 400);
    return switch (arguments.string(1, "method", "common")) {
      case "common" -> common(number, precision);
      case "ceil" -> scaled(number, precision, true);
      case "floor" -> scaled(number, precision, false);
      default -> throw Fault.of("method must be common, ceil or floor");
    };
  }

  /** Half to even on the exact binary value, as Python does. */
  private static Object common(Object number, int precision) {
    if (number instanceof Double real) {
      if (!Double.isFinite(real)) {
        return real;
      }
      var rounded = new BigDecimal(real).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
      return Math.copySign(rounded, real);
    }
    return precision >= 0
        ? number
        : Arithmetic.integer(
            new BigDecimal(Arithmetic.big(number))
                .setScale(precision, RoundingMode.HALF_EVEN)
                .toBigInteger());
  }

  private static Object scaled(Object number, int precision, boolean up) {
    var factor = Math.pow(10, precision);
    var product = Arithmetic.real(number) * factor;
    return (up ? Math.ceil(product) : Math.floor(product)) / factor;
  }
}
