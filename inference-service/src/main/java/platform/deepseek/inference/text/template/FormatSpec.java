package platform.deepseek.inference.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Pattern;

/** Python's mini-language for the look of one value: fill, alignment, sign, width, precision. */
record FormatSpec(
    String fill,
    char align,
    char sign,
    boolean alternate,
    boolean zeros,
    int width,
    String grouping,
    int precision,
    char type) {

  private static final int WIDEST = 100_000;
  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{1,9})?([,_])?(?:\\.(\\d{1,9}))?([a-zA-Z%])?",
          Pattern.DOTALL);

  static FormatSpec parse(String text) {
    var matcher = SYNTAX.matcher(text);
    if (!matcher.matches()) {
      throw Fault.of("Invalid format specifier '" + text + "'");
    }
    return new FormatSpec(
        matcher.group(1) == null ? null : matcher.group(1),
        character(matcher.group(2)),
        character(matcher.group(3)),
        matcher.group(4) != null,
        matcher.group(5) != null,
        number(matcher.group(6), 0),
        matcher.group(7) == null ? "" : matcher.group(7),
        number(matcher.group(8), -1),
        character(matcher.group(9)));
  }

  private static char character(String group) {
    return group == null ? 0 : group.charAt(0);
  }

  private static int number(String group, int absent) {
    var number = group == null ? absent : Integer.parseInt(group);
    if (number > WIDEST) {
      throw Fault.limit("A format may not be wider than " + WIDEST + " characters.");
    }
    return number;
  }

  String format(Object value) {
    if (value instanceof String text) {
      return text(text);
    }
    if (value instanceof Boolean flag && type == 0) {
      return text(flag ? "True" : "False");
    }
    var number = Arithmetic.number(value);
    if (!Values.isNumber(number)) {
      if (isPlain()) {
        return Representation.str(value);
      }
      throw Fault.of(
          "unsupported format string passed to " + Values.typeName(value) + ".__format__");
    }
    return number(number);
  }

  private boolean isPlain() {
    return align == 0 && sign == 0 && width == 0 && precision < 0 && type == 0;
  }

  private String text(String text) {
    if (type != 0 && type != 's' || sign != 0 || align == '=') {
      throw Fault.of("Unknown format code for object of type 'str'");
    }
    var kept =
        precision >= 0 && precision < Characters.length(text)
            ? text.substring(0, text.offsetByCodePoints(0, precision))
            : text;
    return padded("", kept, align == 0 ? '<' : align);
  }

  private String number(Object number) {
    var real = number instanceof Double || "eEfFgG%".indexOf(type) >= 0 && type != 0;
    var negative =
        number instanceof Double value
            ? value < 0 || 1 / value < 0
            : Arithmetic.big(number).signum() < 0;
    var prefix = negative ? "-" : sign == '+' || sign == ' ' ? String.valueOf(sign) : "";
    var digits =
        real ? real(Math.abs(Arithmetic.real(number))) : whole(Arithmetic.big(number).abs());
    if (alternate && !real) {
      prefix +=
          switch (type) {
            case 'x' -> "0x";
            case 'X' -> "0X";
            case 'o' -> "0o";
            case 'b' -> "0b";
            default -> "";
          };
    }
    return padded(prefix, grouped(digits), align == 0 ? (zeros ? '=' : '>') : align);
  }

  private String whole(BigInteger number) {
    if (precision >= 0) {
      throw Fault.of("Precision not allowed in integer format specifier");
    }
    return switch (type) {
      case 0, 'd', 'n' -> number.toString();
      case 'x' -> number.toString(16);
      case 'X' -> number.toString(16).toUpperCase(Locale.ROOT);
      case 'o' -> number.toString(8);
      case 'b' -> number.toString(2);
      case 'c' -> Character.toString(number.intValueExact());
      default -> throw unknown("int");
    };
  }

  private Fault unknown(String typeName) {
    return Fault.of("Unknown format code '" + type + "' for object of type '" + typeName + "'");
  }

  private String real(double number) {
    if (!Double.isFinite(number)) {
      var word = Double.isNaN(number) ? "nan" : "inf";
      return Character.isUpperCase(type) ? word.toUpperCase(Locale.ROOT) : word;
    }
    var exact = new BigDecimal(number);
    var digits = precision < 0 ? 6 : precision;
    return switch (type) {
      case 'f', 'F' -> exact.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
      case '%' ->
          new BigDecimal(number * 100).setScale(digits, RoundingMode.HALF_EVEN).toPlainString()
              + "%";
      case 'e' -> scientific(exact, digits);
      case 'E' -> scientific(exact, digits).toUpperCase(Locale.ROOT);
      case 'g', 'n' -> general(exact, digits);
      case 'G' -> general(exact, digits).toUpperCase(Locale.ROOT);
      case 0 -> precision < 0 ? Representation.real(number) : generalWithPoint(exact, digits);
      default -> throw unknown("float");
    };
  }

  private static String scientific(BigDecimal number, int digits) {
    var rounded = number.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    var unscaled = rounded.unscaledValue().toString();
    var exponent = number.signum() == 0 ? 0 : unscaled.length() - rounded.scale() - 1;
    var mantissa = new StringBuilder(number.signum() == 0 ? "0" : unscaled);
    while (mantissa.length() < digits + 1) {
      mantissa.append('0');
    }
    mantissa.setLength(digits + 1);
    if (digits > 0) {
      mantissa.insert(1, '.');
    }
    return mantissa
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  private String general(BigDecimal number, int precision) {
    var digits = Math.max(1, precision);
    var written = scientific(number, digits - 1);
    var exponent = Integer.parseInt(written.substring(written.indexOf('e') + 1));
    if (exponent < -4 || exponent >= digits) {
      var mantissa = written.substring(0, written.indexOf('e'));
      return (alternate ? mantissa : trimmed(mantissa)) + written.substring(written.indexOf('e'));
    }
    var plain = number.setScale(digits - 1 - exponent, RoundingMode.HALF_EVEN).toPlainString();
    return alternate ? plain : trimmed(plain);
  }

  /** Without a type letter, a float keeps at least one digit after the point. */
  private String generalWithPoint(BigDecimal number, int precision) {
    var digits = Math.max(1, precision);
    var exponent = number.signum() == 0 ? 0 : number.precision() - number.scale() - 1;
    var text = general(number, digits);
    return text.indexOf('.') < 0 && text.indexOf('e') < 0 && exponent < digits ? text + ".0" : text;
  }

  private static String trimmed(String number) {
    return number.indexOf('.') < 0
        ? number
        : number.replaceFirst("0+$", "").replaceFirst("\\.$", "");
  }

  private String grouped(String number) {
    if (grouping.isEmpty()) {
      return number;
    }
    var end = 0;
    while (end < number.length() && Character.isDigit(number.charAt(end))) {
      end++;
    }
    var out = new StringBuilder(number);
    for (var i = end - 3; i > 0; i -= 3) {
      out.insert(i, grouping);
    }
    return out.toString();
  }

  private String padded(String prefix, String body, char alignment) {
    var missing = width - Characters.length(prefix) - Characters.length(body);
    if (missing <= 0) {
      return prefix + body;
    }
    var filler = fill != null ? fill : zeros ? "0" : " ";
    return switch (alignment) {
      case '<' -> prefix + body + filler.repeat(missing);
      case '^' -> filler.repeat(missing / 2) + prefix + body + filler.repeat(missing - missing / 2);
      case '=' -> prefix + filler.repeat(missing) + body;
      default -> filler.repeat(missing) + prefix + body;
    };
  }
}
