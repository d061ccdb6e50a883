package platform.deepseek.inference.text.template;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's {@code str} and {@code repr}. */
final class Representation {

  /** Characters of one printed value. */
  private static final int LONGEST = 32 << 20;

  private Representation() {}

  /** What an output block prints. */
  static String str(Object value) {
    return switch (value) {
      case String text -> text;
      case Undefined undefined -> "";
      case null, default -> repr(value);
    };
  }

  static String repr(Object value) {
    if (value instanceof Long) {
      return value.toString();
    }
    var out = new StringBuilder();
    repr(value, out, 0);
    return out.toString();
  }

  private static void repr(Object value, StringBuilder out, int depth) {
    Budget.valueDepth(depth);
    if (out.length() > LONGEST) {
      throw Fault.limit("A printed value is longer than " + LONGEST + " characters.");
    }
    switch (value) {
      case null -> out.append("None");
      case Boolean flag -> out.append(flag ? "True" : "False");
      case Double number -> out.append(real(number));
      case String text -> quote(text, out);
      case Undefined undefined -> out.append("Undefined");
      case Range range -> out.append(range);
      case List<?> list -> items("[", list.iterator(), "]", out, depth);
      case Tuple tuple -> tuple(tuple, out, depth);
      case Map<?, ?> map -> dict(map, out, depth);
      case DictView view -> {
        out.append(view.kind().typeName());
        items("([", view.iterator(), "])", out, depth);
      }
      case Namespace namespace -> {
        out.append("<Namespace ");
        dict(namespace.attributes(), out, depth);
        out.append('>');
      }
      case LoopState loop ->
          out.append("<LoopContext ")
              .append(loop.index())
              .append('/')
              .append(loop.length())
              .append('>');
      case Macro macro -> {
        out.append("<Macro ");
        out.append(macro.name() == null ? "anonymous" : repr(macro.name())).append('>');
      }
      case Function function -> out.append("<function ").append(function.name()).append('>');
      case Generator generator -> out.append("<generator>");
      default -> out.append(value);
    }
  }

  private static void tuple(Tuple tuple, StringBuilder out, int depth) {
    items("(", tuple.items().iterator(), tuple.items().size() == 1 ? ",)" : ")", out, depth);
  }

  private static void items(
      String open, Iterator<?> items, String close, StringBuilder out, int depth) {
    out.append(open);
    var separator = "";
    while (items.hasNext()) {
      out.append(separator);
      repr(items.next(), out, depth + 1);
      separator = ", ";
    }
    out.append(close);
  }

  private static void dict(Map<?, ?> map, StringBuilder out, int depth) {
    out.append('{');
    var separator = "";
    for (var entry : map.entrySet()) {
      out.append(separator);
      repr(entry.getKey(), out, depth + 1);
      out.append(": ");
      repr(entry.getValue(), out, depth + 1);
      separator = ", ";
    }
    out.append('}');
  }

  private static void quote(String text, StringBuilder out) {
    var quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    text.codePoints().forEach(c -> quoted(c, quote, out));
    out.append(quote);
  }

  private static void quoted(int c, char quote, StringBuilder out) {
    switch (c) {
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\\' -> out.append("\\\\");
      default -> {
        if (c == quote) {
          out.append('\\').append(quote);
        } else if (isPrintable(c)) {
          out.appendCodePoint(c);
        } else if (c < 0x100) {
          out.append(String.format("\\x%02x", c));
        } else {
          out.append(String.format(c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
        }
      }
    }
  }

  private static boolean isPrintable(int c) {
    return switch ((byte) Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }

  /** The shortest decimal that reads back as the same number, written as Python writes it. */
  static String real(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    var decimal = new BigDecimal(Double.toString(Math.abs(number))).stripTrailingZeros();
    var digits = decimal.unscaledValue().toString();
    var exponent = digits.length() - decimal.scale() - 1;
    var sign = number < 0 ? "-" : "";
    if (exponent < -4 || exponent >= 16) {
      var fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
      return sign
          + digits.charAt(0)
          + fraction
          + "e"
          + (exponent < 0 ? "-" : "+")
          + (Math.abs(exponent) < 10 ? "0" : "")
          + Math.abs(exponent);
    }
    var plain = decimal.toPlainString();
    return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
  }
}
