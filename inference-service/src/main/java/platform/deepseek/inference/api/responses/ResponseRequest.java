package platform.deepseek.inference.api.responses;

import java.util.List;
import platform.deepseek.inference.api.chat.ChatRequest;

/**
 * A valid request for a response.
 *
 * @param before the conversation that goes on, or null
 * @param input what this request adds to it
 * @param chat all of it, for the model
 * @param thought what its reasoning is told as: reasoning or a summary
 * @param settings the fields of the response that repeat the request
 * @param store whether the response can be asked for again
 * @param background whether it runs on without its client
 */
record ResponseRequest(
    Passage before,
    List<Item> input,
    ChatRequest chat,
    Part.Type thought,
    byte[] settings,
    boolean store,
    boolean background,
    boolean stream) {

  ResponseRequest {
    input = List.copyOf(input);
  }
}
