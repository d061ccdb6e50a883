package platform.deepseek.cache.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import platform.deepseek.cache.error.BadRequest;

/**
 * An answer that is handed in.
 *
 * @param json as it is handed out
 */
record EntryBody(byte[] json, int computeMillis) {

  private static final Set<String> FIELDS =
      Set.of("finishReason", "usage", "computeMillis", "answer");
  private static final String STOP = "stop";

  static EntryBody parse(byte[] bytes) {
    JsonBody body = JsonBody.parse(bytes, FIELDS);
    return of(body, body.compact());
  }

  static EntryBody of(JsonNode node) {
    if (!(node instanceof ObjectNode)) {
      throw BadRequest.invalid("entry", "an object is expected.");
    }
    return parse(JsonBody.bytes(node));
  }

  private static EntryBody of(JsonBody body, byte[] bytes) {
    String finish = body.text("finishReason", 64);
    if (!finish.equals(STOP)) {
      throw BadRequest.notCacheable(finish);
    }
    body.any("usage");
    body.any("answer");
    return new EntryBody(bytes, (int) body.number("computeMillis", Integer.MAX_VALUE).orElse(0));
  }
}
