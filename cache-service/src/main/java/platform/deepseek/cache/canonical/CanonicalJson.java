package platform.deepseek.cache.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * JSON in the one spelling of RFC 8785: no white space, members sorted by their names' UTF-16 code
 * units, strings with the fewest escapes, numbers as ECMAScript writes doubles.
 *
 * <p>The RFC is for I-JSON, whose numbers are doubles. Requests may hold integers that are none (a
 * seed of 64 bits), and two of them must not become one: an integer that its double's spelling does
 * not give back is written with all its digits and {@code E0} behind them, which no double's
 * spelling ends with. What has no canonical spelling, half a surrogate pair or a number beyond all
 * doubles, is refused.
 */
public final class CanonicalJson {

  private static final long EXACT = 1L << 53;
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private byte[] bytes;
  private int length;

  private CanonicalJson(int size) {
    bytes = new byte[size];
  }

  /**
   * @return UTF-8
   * @throws NoCanonicalForm for what has none
   */
  public static byte[] of(JsonNode value) {
    return of(value, Set.of());
  }

  /**
   * @param without names of members to be left out, of the outermost object only
   */
  public static byte[] of(JsonNode value, Set<String> without) {
    CanonicalJson writer = new CanonicalJson(1_024);
    if (value instanceof ObjectNode object) {
      writer.object(object, without);
    } else {
      writer.value(value);
    }
    return Arrays.copyOf(writer.bytes, writer.length);
  }

  private void value(JsonNode value) {
    switch (value.getNodeType()) {
      case OBJECT -> object((ObjectNode) value, Set.of());
      case ARRAY -> {
        add('[');
        for (int i = 0; i < value.size(); i++) {
          if (i > 0) {
            add(',');
          }
          value(value.get(i));
        }
        add(']');
      }
      case STRING -> string(value.textValue());
      case NUMBER -> ascii(number(value));
      case BOOLEAN -> ascii(value.booleanValue() ? "true" : "false");
      case NULL -> ascii("null");
      case BINARY, MISSING, POJO -> throw new NoCanonicalForm("no JSON: " + value.getNodeType());
    }
  }

  private void object(ObjectNode object, Set<String> without) {
    List<Map.Entry<String, JsonNode>> members = new ArrayList<>(object.size());
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      if (!without.contains(member.getKey())) {
        members.add(member);
      }
    }
    members.sort(Comparator.comparing(Map.Entry::getKey)); // Java compares UTF-16 code units
    add('{');
    for (int i = 0; i < members.size(); i++) {
      if (i > 0) {
        add(',');
      }
      string(members.get(i).getKey());
      add(':');
      value(members.get(i).getValue());
    }
    add('}');
  }

  private static String number(JsonNode number) {
    if (number.isIntegralNumber()) {
      if (number.canConvertToLong() && Math.abs(number.longValue()) <= EXACT) {
        return Long.toString(number.longValue());
      }
      BigInteger exact = number.bigIntegerValue();
      double nearest = exact.doubleValue();
      if (Double.isFinite(nearest)) {
        String text = EcmaScriptNumber.of(nearest);
        if (new BigDecimal(text).compareTo(new BigDecimal(exact)) == 0) {
          return text;
        }
      }
      return exact + "E0";
    }
    double value = number.doubleValue();
    if (!Double.isFinite(value)) {
      throw new NoCanonicalForm("a number is beyond what a double holds");
    }
    return EcmaScriptNumber.of(value);
  }

  private void string(String text) {
    reserve(text.length() + 2);
    add('"');
    int plain = plain(text);
    for (int i = plain; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        character(c);
      } else if (c < 0x800) {
        add(0xC0 | c >> 6);
        add(0x80 | c & 0x3F);
      } else if (!Character.isSurrogate(c)) {
        add(0xE0 | c >> 12);
        add(0x80 | c >> 6 & 0x3F);
        add(0x80 | c & 0x3F);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        int point = Character.toCodePoint(c, text.charAt(i));
        add(0xF0 | point >> 18);
        add(0x80 | point >> 12 & 0x3F);
        add(0x80 | point >> 6 & 0x3F);
        add(0x80 | point & 0x3F);
      } else {
        throw new NoCanonicalForm("a string has half a surrogate pair");
      }
    }
    add('"');
  }

  /** Writes the beginning that is written as it is, which most strings are from end to end. */
  private int plain(String text) {
    int at = length;
    int i = 0;
    for (; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
        break;
      }
      bytes[at++] = (byte) c;
    }
    length = at;
    return i;
  }

  private void character(char c) {
    switch (c) {
      case '"' -> escape('"');
      case '\\' -> escape('\\');
      case '\b' -> escape('b');
      case '\t' -> escape('t');
      case '\n' -> escape('n');
      case '\f' -> escape('f');
      case '\r' -> escape('r');
      default -> {
        if (c < 0x20) {
          ascii("\\u00");
          add(HEX[c >> 4]);
          add(HEX[c & 15]);
        } else {
          add(c);
        }
      }
    }
  }

  private void escape(char c) {
    add('\\');
    add(c);
  }

  private void ascii(String text) {
    reserve(text.length());
    for (int i = 0; i < text.length(); i++) {
      add(text.charAt(i));
    }
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, length * 2));
    }
  }

  private void add(int value) {
    reserve(1);
    bytes[length++] = (byte) value;
  }
}
