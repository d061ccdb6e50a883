package platform.deepseek.inference.api.client;

import java.util.List;
import java.util.Map;

/**
 * An answer as it came over the wire.
 *
 * @param headers names in lower case
 * @param chunks the HTTP chunks the body came in; one for a body that was not chunked
 */
public record HttpReply(int status, Map<String, String> headers, List<String> chunks) {

  public String body() {
    return String.join("", chunks);
  }
}
