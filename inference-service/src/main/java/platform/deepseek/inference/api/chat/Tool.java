package platform.deepseek.inference.api.chat;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A function that the model may call.
 *
 * @param name up to 64 of A-Z, a-z, 0-9, _ and -; up to 128 of them in Anthropic's dialect
 * @param description null when absent
 * @param parameters the JSON Schema of its arguments; null when absent
 * @param strict whether the arguments have to follow the schema, so that one that cannot be
 *     enforced is refused
 * @param path of the schema in the request, for error messages
 */
public record Tool(
    String name, String description, JsonNode parameters, boolean strict, String path) {

  public static final int MAX_TOOLS = 128;
  public static final String NAME_PATTERN = "[A-Za-z0-9_-]{1,64}";
}
