package platform.deepseek.inference.api.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/** What sibling services say, read field by field. Fields that nobody asks for are passed over. */
public final class ReceivedJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ReceivedJson() {}

  /**
   * @throws Unintelligible it is no JSON
   */
  public static JsonNode parse(Buffer bytes) {
    try {
      return JSON.readTree(bytes.getBytes());
    } catch (IOException e) {
      throw new Unintelligible("what came is no JSON: " + e.getMessage());
    }
  }

  /**
   * @throws Unintelligible it is not there, or null
   */
  public static JsonNode required(JsonNode json, String name) {
    JsonNode value = json.get(name);
    if (value == null || value.isNull()) {
      throw new Unintelligible("what came has no '%s'".formatted(name));
    }
    return value;
  }

  /**
   * @throws Unintelligible it is not there, or no text
   */
  public static String text(JsonNode json, String name) {
    JsonNode value = required(json, name);
    if (!value.isTextual()) {
      throw new Unintelligible("'%s' is no text".formatted(name));
    }
    return value.textValue();
  }
}
