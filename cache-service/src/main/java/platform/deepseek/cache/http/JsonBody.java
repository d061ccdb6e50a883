package platform.deepseek.cache.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.StreamSupport;
import platform.deepseek.cache.error.BadRequest;

/** A JSON object that was sent, field by field. An absent field and a null are the same. */
final class JsonBody {

  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** An object without fields. */
  static final JsonBody EMPTY = new JsonBody("", MAPPER.createObjectNode());

  private final String path;
  private final ObjectNode node;

  private JsonBody(String path, ObjectNode node) {
    this.path = path;
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
    return new JsonBody("", object).only(names);
  }

  private JsonBody only(Set<String> names) {
    for (Iterator<String> it = node.fieldNames(); it.hasNext(); ) {
      String name = it.next();
      if (!names.contains(name)) {
        throw BadRequest.unknown(
            path + (name.length() <= 100 ? name : name.substring(0, 100) + "..."));
      }
    }
    return this;
  }

  static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The whole object on one line. */
  byte[] compact() {
    return bytes(node);
  }

  Optional<JsonNode> value(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  boolean has(String name) {
    return node.has(name);
  }

  /** An object whose fields are not looked at here. */
  ObjectNode any(String name) {
    return value(name).orElseThrow(() -> BadRequest.missing(path + name))
            instanceof ObjectNode object
        ? object
        : invalid(name, "an object is expected.");
  }

  Optional<JsonBody> object(String name, Set<String> names) {
    return value(name)
        .map(
            value ->
                value instanceof ObjectNode object
                    ? new JsonBody(path + name + ".", object).only(names)
                    : invalid(name, "an object is expected."));
  }

  String text(String name, int longest) {
    return optionalText(name, longest).orElseThrow(() -> BadRequest.missing(path + name));
  }

  /** A text without control characters. */
  Optional<String> optionalText(String name, int longest) {
    return value(name).map(value -> text(value, name, longest));
  }

  List<String> texts(String name, int longest, int most) {
    JsonNode value = value(name).orElseThrow(() -> BadRequest.missing(path + name));
    if (!value.isArray()) {
      return invalid(name, "an array of strings is expected.");
    }
    if (value.size() > most) {
      return invalid(name, "%d are more than %d.".formatted(value.size(), most));
    }
    return StreamSupport.stream(value.spliterator(), false)
        .map(element -> text(element, name, longest))
        .toList();
  }

  boolean flag(String name, boolean usual) {
    return value(name)
        .map(
            value ->
                value.isBoolean()
                    ? value.booleanValue()
                    : this.<Boolean>invalid(name, "true or false is expected."))
        .orElse(usual);
  }

  OptionalLong number(String name, long largest) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return OptionalLong.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      return invalid(name, "an integer is expected.");
    }
    if (value.longValue() < 0 || value.longValue() > largest) {
      return invalid(name, "%d is not from 0 to %d.".formatted(value.longValue(), largest));
    }
    return OptionalLong.of(value.longValue());
  }

  private String text(JsonNode value, String name, int longest) {
    if (!value.isTextual()) {
      return invalid(name, "a string is expected.");
    }
    String text = value.textValue();
    if (text.length() > longest) {
      return invalid(name, "%d characters are more than %d.".formatted(text.length(), longest));
    }
    if (text.isEmpty() || hasControls(text)) {
      return invalid(name, "it is empty or has control characters.");
    }
    return text;
  }

  private static boolean hasControls(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  private <T> T invalid(String name, String why) {
    throw BadRequest.invalid(path + name, why);
  }
}
