package platform.deepseek.inference.api.stream;

import io.vertx.core.http.HttpServerResponse;
import java.util.UUID;

/**
 * The id of a request in the headers of its answer, whatever becomes of it: OpenAI's clients read
 * one name, Anthropic's another, and both show it in the errors that they raise.
 */
public final class RequestId {

  private static final String HEADER = "x-request-id";
  private static final String ANTHROPIC_HEADER = "request-id";

  private RequestId() {}

  /** Gives a request an id that has none yet. */
  public static void begin(HttpServerResponse response, boolean anthropic) {
    String id = "req_" + UUID.randomUUID().toString().replace("-", "");
    response.putHeader(HEADER, id);
    if (anthropic) {
      response.putHeader(ANTHROPIC_HEADER, id);
    }
  }

  /** From now on the request goes by the id of its answer. */
  public static void put(HttpServerResponse response, String id) {
    response.putHeader(HEADER, id);
    if (response.headers().contains(ANTHROPIC_HEADER)) {
      response.putHeader(ANTHROPIC_HEADER, id);
    }
  }

  /** The id, or null. */
  public static String of(HttpServerResponse response) {
    return response.headers().get(HEADER);
  }
}
