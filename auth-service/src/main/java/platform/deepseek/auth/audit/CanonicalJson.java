package platform.deepseek.auth.audit;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * JSON with one way to write a thing (RFC 8785): members in the order of their names' UTF-16 units,
 * no white space, the shortest escapes. Only what the book holds: objects, lists, texts and whole
 * numbers up to 2^53.
 */
final class CanonicalJson {

  private static final long LARGEST = 1L << 53;

  private CanonicalJson() {}

  /**
   * @throws IllegalArgumentException for a value that cannot be written in one way
   */
  static String of(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private static void write(Object value, StringBuilder out) {
    switch (value) {
      case String text -> writeText(text, out);
      case Long number when Math.abs(number) <= LARGEST -> out.append(number.longValue());
      case Map<?, ?> members -> writeObject(members, out);
      case List<?> items -> writeList(items, out);
      default -> throw new IllegalArgumentException("no canonical JSON for " + value);
    }
  }

  private static void writeObject(Map<?, ?> members, StringBuilder out) {
    Map<String, Object> sorted = new TreeMap<>();
    members.forEach((name, value) -> sorted.put((String) name, value));
    String separator = "{";
    for (Map.Entry<String, Object> member : sorted.entrySet()) {
      out.append(separator);
      writeText(member.getKey(), out);
      out.append(':');
      write(member.getValue(), out);
      separator = ",";
    }
    out.append(sorted.isEmpty() ? "{}" : "}");
  }

  private static void writeList(List<?> items, StringBuilder out) {
    String separator = "[";
    for (Object item : items) {
      out.append(separator);
      write(item, out);
      separator = ",";
    }
    out.append(items.isEmpty() ? "[]" : "]");
  }

  private static void writeText(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ') {
            out.append("\\u%04x".formatted((int) c));
          } else {
            requirePaired(text, i);
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static void requirePaired(String text, int at) {
    char c = text.charAt(at);
    boolean paired =
        Character.isHighSurrogate(c)
            ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
            : !Character.isLowSurrogate(c)
                || at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    if (!paired) {
      throw new IllegalArgumentException("half a surrogate pair has no canonical JSON");
    }
  }
}
