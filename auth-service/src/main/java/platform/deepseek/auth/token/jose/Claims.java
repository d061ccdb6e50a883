package platform.deepseek.auth.token.jose;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * What a token or an introspection says, claim by claim. A claim of another kind than it must be
 * refuses the whole.
 */
public record Claims(ObjectNode json) {

  private static final int LONGEST = 1_000;
  private static final double LATEST = 253_402_300_799.0; // year 9999

  public boolean has(String name) {
    return json.has(name);
  }

  public Optional<String> text(String name) {
    JsonNode value = json.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isTextual() || value.textValue().length() > LONGEST) {
      throw new RefusedToken(TokenFault.CLAIMS);
    }
    return Optional.of(value.textValue());
  }

  /** A text that has to be there and has to say something. */
  public String required(String name) {
    return text(name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> new RefusedToken(TokenFault.CLAIMS));
  }

  /** A NumericDate of RFC 7519: seconds, which may have a fraction. */
  public Optional<Instant> time(String name) {
    JsonNode value = json.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isNumber()) {
      throw new RefusedToken(TokenFault.CLAIMS);
    }
    double seconds = value.doubleValue(); // infinite, where it is too large for one
    if (seconds < 0 || seconds > LATEST) {
      throw new RefusedToken(TokenFault.CLAIMS);
    }
    return Optional.of(Instant.ofEpochSecond((long) seconds));
  }

  /** A text, or an array of them. */
  public List<String> texts(String name) {
    return texts(json.path(name));
  }

  /**
   * The same, wherever it is; nothing where something else is.
   *
   * @param pointer RFC 6901, such as /realm_access/roles
   */
  public List<String> textsAt(String pointer) {
    JsonNode value = json.at(JsonPointer.compile(pointer));
    return value.isTextual() || value.isArray() ? texts(value) : List.of();
  }

  /** The text of a single value, a number's or a flag's too; nothing for anything else. */
  public Optional<String> valueAt(String pointer) {
    JsonNode value = json.at(JsonPointer.compile(pointer));
    return value.isValueNode() && !value.isNull() ? Optional.of(value.asText()) : Optional.empty();
  }

  private static List<String> texts(JsonNode value) {
    if (value.isMissingNode()) {
      return List.of();
    }
    if (value.isTextual()) {
      return List.of(value.textValue());
    }
    if (!value.isArray()
        || !StreamSupport.stream(value.spliterator(), false).allMatch(JsonNode::isTextual)) {
      throw new RefusedToken(TokenFault.CLAIMS);
    }
    return StreamSupport.stream(value.spliterator(), false).map(JsonNode::textValue).toList();
  }
}
