package platform.deepseek.inference.api.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;

/**
 * The fields of a JSON object by name and type. An absent field and a null are the same, as in
 * OpenAI's API. Every failure names the field by its path from the top of the body.
 */
public final class Fields {

  private final String path;
  private final ObjectNode node;

  Fields(String path, ObjectNode node) {
    this.path = path;
    this.node = node;
  }

  public String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** The value, or null when absent or null. */
  public JsonNode get(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? null : value;
  }

  public boolean has(String name) {
    return get(name) != null;
  }

  /** Refuses any field whose name is not in the set, so that a misspelt one is never dropped. */
  public void allow(Set<String> names) {
    for (Iterator<String> it = node.fieldNames(); it.hasNext(); ) {
      String name = it.next();
      if (!names.contains(name)) {
        String shown = name.length() <= 100 ? name : name.substring(0, 100) + "...";
        throw new ApiException(
            ApiError.UNKNOWN_PARAMETER,
            "Unrecognized request argument supplied: " + path(shown),
            path(shown));
      }
    }
  }

  /** A field or a value of it that is known and not honoured. */
  public ApiException unsupported(String name, String why) {
    return new ApiException(
        ApiError.UNSUPPORTED_PARAMETER,
        "Unsupported parameter: '%s' %s".formatted(path(name), why),
        path(name));
  }

  public ApiException invalid(String name, String why) {
    return new ApiException(
        ApiError.INVALID_VALUE, "Invalid '%s': %s".formatted(path(name), why), path(name));
  }

  public ApiException missing(String name) {
    return new ApiException(
        ApiError.MISSING_REQUIRED_PARAMETER,
        "Missing required parameter: '%s'.".formatted(path(name)),
        path(name));
  }

  /** A string, or null. */
  public String string(String name) {
    JsonNode value = get(name);
    return value == null ? null : text(value, path(name));
  }

  public String requiredString(String name) {
    String value = string(name);
    if (value == null) {
      throw missing(name);
    }
    return value;
  }

  public boolean flag(String name) {
    JsonNode value = get(name);
    if (value == null) {
      return false;
    }
    if (!value.isBoolean()) {
      throw wrongType(path(name), "a boolean", value);
    }
    return value.booleanValue();
  }

  public double number(String name, double smallest, double largest, double fallback) {
    JsonNode value = get(name);
    return value == null ? fallback : number(value, path(name), smallest, largest);
  }

  public long integer(String name, long smallest, long largest, long fallback) {
    JsonNode value = get(name);
    return value == null ? fallback : integer(value, path(name), smallest, largest);
  }

  /** The object's fields, or null. */
  public Fields object(String name) {
    JsonNode value = get(name);
    return value == null ? null : object(value, path(name));
  }

  /** The array's elements, or an empty list. */
  public List<JsonNode> array(String name) {
    JsonNode value = get(name);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw wrongType(path(name), "an array", value);
    }
    List<JsonNode> elements = new ArrayList<>(value.size());
    value.forEach(elements::add);
    return elements;
  }

  /** The whole object, for who passes it on; what is in its fields is shared. */
  public ObjectNode copy() {
    return node.objectNode().setAll(node);
  }

  /** Names in the order of the body. */
  public List<String> names() {
    List<String> names = new ArrayList<>(node.size());
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  public static Fields object(JsonNode value, String path) {
    if (value instanceof ObjectNode object) {
      return new Fields(path, object);
    }
    throw wrongType(path, "an object", value);
  }

  public static String text(JsonNode value, String path) {
    if (!value.isTextual()) {
      throw wrongType(path, "a string", value);
    }
    String text = value.textValue();
    int lone = loneSurrogate(text);
    if (lone >= 0) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid '%s': half of a surrogate pair at index %d. Send whole Unicode characters."
              .formatted(path, lone),
          path);
    }
    return text;
  }

  public static double number(JsonNode value, String path, double smallest, double largest) {
    if (!value.isNumber()) {
      throw wrongType(path, "a number", value);
    }
    double number = value.doubleValue();
    if (!(number >= smallest && number <= largest)) {
      throw outOfRange(path, plain(smallest), plain(largest), value);
    }
    return number;
  }

  public static long integer(JsonNode value, String path, long smallest, long largest) {
    if (!value.isIntegralNumber()) {
      throw wrongType(path, "an integer", value);
    }
    if (!value.canConvertToLong() || value.longValue() < smallest || value.longValue() > largest) {
      throw outOfRange(path, Long.toString(smallest), Long.toString(largest), value);
    }
    return value.longValue();
  }

  public static ApiException wrongType(String path, String expected, JsonNode got) {
    return new ApiException(
        ApiError.INVALID_TYPE,
        "Invalid type for '%s': expected %s, but got %s instead."
            .formatted(path, expected, typeName(got)),
        path);
  }

  private static ApiException outOfRange(String path, String from, String to, JsonNode got) {
    String shown = got.asText();
    return new ApiException(
        ApiError.INVALID_VALUE,
        "Invalid '%s': expected a value from %s to %s, but got %s instead."
            .formatted(
                path, from, to, shown.length() <= 40 ? shown : shown.substring(0, 40) + "..."),
        path);
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  static String typeName(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "an array";
      case BOOLEAN -> "a boolean";
      case NULL -> "null";
      case NUMBER -> value.isIntegralNumber() ? "an integer" : "a decimal";
      case OBJECT -> "an object";
      case STRING -> "a string";
      case MISSING -> "nothing";
      case BINARY, POJO -> "something else";
    };
  }

  private static int loneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < text.length()
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          i++;
        } else {
          return i;
        }
      }
    }
    return -1;
  }
}
