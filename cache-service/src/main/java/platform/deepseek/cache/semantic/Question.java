package platform.deepseek.cache.semantic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import platform.deepseek.cache.key.CacheKey;
import platform.deepseek.cache.key.KeyMaterial;
import platform.deepseek.cache.key.Scope;

/**
 * A request taken apart: the text of its last message, which may be like another's, and the rest,
 * which has to be the same.
 *
 * <p>The rest is a key of its own, made like every other: tenant, salt, model and the whole request
 * are in it, but for the text of the last message and the digest of the prompt's tokens, which
 * depends on that text. For the latter the caller sends a digest of the prompt without the text.
 * Numbers are in it too: embeddings hardly tell "the sum of 2 and 2" from "the sum of 2 and 3".
 *
 * @param rest equal for two requests that differ in the text alone
 */
public record Question(CacheKey rest, String text) {

  /** Of longer ones one word more or less hardly moves the vector. */
  static final int LONGEST = 1_000;

  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final String EFFECTIVE = "deepseek_effective";

  /**
   * Empty where the last message is no short plain text of a user's, and for what tenants share.
   *
   * @param around digest of the prompt without that text
   */
  public static Optional<Question> of(KeyMaterial material, String around) {
    if (material.scope() != Scope.TENANT
        || !(material.request().get("messages") instanceof ArrayNode messages)
        || messages.isEmpty()
        || !(messages.get(messages.size() - 1) instanceof ObjectNode last)
        || !"user".equals(last.path("role").textValue())) {
      return Optional.empty();
    }
    JsonNode content = last.get("content");
    if (content == null || !content.isTextual()) {
      return Optional.empty();
    }
    String text = content.textValue();
    if (text.isBlank() || text.length() > LONGEST) {
      return Optional.empty();
    }
    return Optional.of(new Question(rest(material, messages, last, text, around), text));
  }

  private static CacheKey rest(
      KeyMaterial material, ArrayNode messages, ObjectNode last, String text, String around) {
    ObjectNode request = shallow(material.request());
    ArrayNode others = request.putArray("messages");
    for (int i = 0; i < messages.size() - 1; i++) {
      others.add(messages.get(i));
    }
    ObjectNode open = shallow(last);
    open.remove("content");
    others.add(open);
    if (material.request().get(EFFECTIVE) instanceof ObjectNode effective) {
      ObjectNode known = shallow(effective);
      known.remove("prompt");
      request.set(EFFECTIVE, known);
    }
    ObjectNode similar = request.objectNode().put("around", around);
    ArrayNode numbers = similar.putArray("numbers");
    for (Matcher number = NUMBER.matcher(text); number.find(); ) {
      numbers.add(number.group());
    }
    // A client's own field of that name stays apart.
    ObjectNode whole = request.objectNode();
    whole.set("request", request.without(KeyMaterial.LEFT_OUT));
    whole.set("similar", similar);
    return new KeyMaterial(
            material.tenant(), material.salt(), material.scope(), material.model(), whole)
        .key();
  }

  private static ObjectNode shallow(ObjectNode object) {
    ObjectNode copy = object.objectNode();
    copy.setAll(object);
    return copy;
  }
}
