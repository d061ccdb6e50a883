package platform.deepseek.inference.text.template;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The operator {@code %} on a string: printf as Python knows it. */
final class PercentFormat {

  private static final Pattern FIELD =
      Pattern.compile(
          "%(?:\\(([^)]*)\\))?([-+ 0#]*)(\\d{1,6})?(?:\\.(\\d{0,6}))?[hlL]?(.)", Pattern.DOTALL);

  private PercentFormat() {}

  static String format(String format, Object values, Budget budget) {
    budget.work(format.length());
    var single = !(values instanceof Tuple);
    Iterator<Object> positional =
        (values instanceof Tuple tuple ? tuple.items() : Collections.singletonList(values))
            .iterator();
    var out = new StringBuilder();
    var from = 0;
    var matcher = FIELD.matcher(format);
    for (var at = format.indexOf('%'); at >= 0; at = format.indexOf('%', from)) {
      if (!matcher.region(at, format.length()).lookingAt()) {
        throw Fault.of("incomplete format");
      }
      out.append(format, from, at);
      from = matcher.end();
      if (matcher.group(5).equals("%")) {
        out.append('%');
      } else {
        var value = matcher.group(1) == null ? next(positional) : named(values, matcher.group(1));
        out.append(
            field(
                value,
                matcher.group(2),
                matcher.group(3),
                matcher.group(4),
                matcher.group(5).charAt(0)));
      }
      budget.allocate(out.length() / 8L + 1);
    }
    if (positional.hasNext()
        && !(single && values instanceof Map<?, ?> || single && values instanceof List<?>)) {
      throw Fault.of("not all arguments converted during string formatting");
    }
    out.append(format, from, format.length());
    budget.allocate(out.length());
    return out.toString();
  }

  private static Object next(Iterator<Object> values) {
    if (!values.hasNext()) {
      throw Fault.of("not enough arguments for format string");
    }
    return values.next();
  }

  private static Object named(Object values, String name) {
    if (!(values instanceof Map<?, ?> map)) {
      throw Fault.of("format requires a mapping");
    }
    if (!map.containsKey(name)) {
      throw Fault.of("The mapping has no key '" + name + "'.");
    }
    return map.get(name);
  }

  private static String field(
      Object value, String flags, String width, String precision, char conversion) {
    var left = flags.contains("-");
    var sign = flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
    var size = width == null ? "" : width;
    var digits = precision == null ? "" : "." + (precision.isEmpty() ? "0" : precision);
    var alternate = flags.contains("#") ? "#" : "";
    return switch (conversion) {
      case 's', 'r', 'a' -> {
        var text = conversion == 's' ? Representation.str(value) : Representation.repr(value);
        yield FormatSpec.parse((left ? "<" : ">") + size + digits).format(text);
      }
      case 'd', 'i', 'u', 'x', 'X', 'o' -> {
        var number = Arithmetic.number(value);
        if (!Values.isNumber(number)) {
          throw Fault.of(
              "%" + conversion + " format: a number is required, not " + Values.typeName(value));
        }
        var whole =
            number instanceof Double real
                ? Arithmetic.integer(new BigDecimal(real).toBigInteger())
                : number;
        var type = "iu".indexOf(conversion) >= 0 ? 'd' : conversion;
        yield FormatSpec.parse(
                layout(left, flags) + sign + alternate + zero(left, flags) + size + type)
            .format(whole);
      }
      case 'e', 'E', 'f', 'F', 'g', 'G' -> {
        var number = Arithmetic.number(value);
        if (!Values.isNumber(number)) {
          throw Fault.of("must be real number, not " + Values.typeName(value));
        }
        yield FormatSpec.parse(
                layout(left, flags)
                    + sign
                    + alternate
                    + zero(left, flags)
                    + size
                    + digits
                    + conversion)
            .format(Arithmetic.real(number));
      }
      case 'c' ->
          FormatSpec.parse((left ? "<" : ">") + size)
              .format(value instanceof Long code ? Character.toString(code.intValue()) : value);
      default -> throw Fault.of("unsupported format character '" + conversion + "'");
    };
  }

  private static String layout(boolean left, String flags) {
    return left ? "<" : flags.contains("0") ? "" : ">";
  }

  private static String zero(boolean left, String flags) {
    return !left && flags.contains("0") ? "0" : "";
  }
}
