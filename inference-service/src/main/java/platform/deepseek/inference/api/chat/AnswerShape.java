package platform.deepseek.inference.api.chat;

import com.fasterxml.jackson.databind.JsonNode;

/** What the answer's text has to be. */
public sealed interface AnswerShape {

  record Text() implements AnswerShape {}

  /** Any JSON object. */
  record JsonObject() implements AnswerShape {}

  /**
   * JSON that the schema allows.
   *
   * @param path of the schema in the request, for error messages
   */
  record JsonSchema(JsonNode schema, String path) implements AnswerShape {}
}
