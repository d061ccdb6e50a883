package platform.deepseek.auth.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.error.BadRequest;

/** A request's JSON object, field by field. An absent field and a null are the same. */
final class JsonBody {

  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final ObjectNode node;

  private JsonBody(ObjectNode node) {
    this.node = node;
  }

  /**
   * @param names of all fields that there may be
   */
  static JsonBody parse(byte[] bytes, Set<String> names) {
    JsonNode parsed;
    try {
      parsed = MAPPER.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw BadRequest.json("The body is not valid JSON: " + e.getOriginalMessage());
    } catch (IOException e) { // bytes that are not Unicode
      throw BadRequest.json("The body is not Unicode text: " + e.getMessage());
    }
    if (!(parsed instanceof ObjectNode object)) {
      throw BadRequest.json("The body must be a JSON object.");
    }
    for (Iterator<String> it = object.fieldNames(); it.hasNext(); ) {
      String name = it.next();
      if (!names.contains(name)) {
        throw BadRequest.unknown(name.length() <= 100 ? name : name.substring(0, 100) + "...");
      }
    }
    return new JsonBody(object);
  }

  String text(String name, int longest) {
    return optionalText(name, longest).orElseThrow(() -> BadRequest.missing(name));
  }

  /** A text without control characters. */
  Optional<String> optionalText(String name, int longest) {
    JsonNode value = node.get(name);
    return value == null || value.isNull()
        ? Optional.empty()
        : Optional.of(text(value, name, longest));
  }

  /** A text of any characters. */
  String anyText(String name, int longest) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      throw BadRequest.missing(name);
    }
    return anyText(value, name, longest);
  }

  List<String> texts(String name, int longest) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return List.of();
    }
    if (!value.isArray()) {
      throw BadRequest.invalid(name, "an array of strings is expected.");
    }
    List<String> texts = new ArrayList<>(value.size());
    value.forEach(element -> texts.add(text(element, name, longest)));
    return texts;
  }

  boolean flag(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw BadRequest.invalid(name, "true or false is expected.");
    }
    return value.booleanValue();
  }

  long number(String name, long largest) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return 0;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw BadRequest.invalid(name, "an integer is expected.");
    }
    if (value.longValue() < 0 || value.longValue() > largest) {
      throw BadRequest.invalid(
          name, "%d is not from 0 to %d.".formatted(value.longValue(), largest));
    }
    return value.longValue();
  }

  private static String text(JsonNode value, String name, int longest) {
    String text = anyText(value, name, longest);
    if (hasControl(text)) {
      throw BadRequest.invalid(name, "control characters are not taken.");
    }
    return text;
  }

  private static String anyText(JsonNode value, String name, int longest) {
    if (!value.isTextual()) {
      throw BadRequest.invalid(name, "a string is expected.");
    }
    String text = value.textValue();
    if (text.length() > longest) {
      throw BadRequest.invalid(
          name, "%d characters are more than %d.".formatted(text.length(), longest));
    }
    return text;
  }

  private static boolean hasControl(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }
}
