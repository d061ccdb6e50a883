package platform.deepseek.inference.api.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;

/**
 * Requests that break RFC 9112 and reach a route all the same. What is no HTTP at all does not: the
 * HTTP server answers it before there is a path, and with it a dialect.
 */
final class Malformed {

  private static final String CHUNKED = "chunked";

  private Malformed() {}

  /** What is wrong with the request, if anything. */
  static Optional<ApiException> find(RoutingContext context) {
    return isUri(context.request().uri()) ? ambiguity(context.request()) : Optional.of(head());
  }

  /**
   * Vert.x would answer a broken escape itself, in plain text, wherever a route looks at it first.
   */
  private static boolean isUri(String text) {
    try {
      var unused = new URI(text);
      return true;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Two servers on its way could read it as two. */
  private static Optional<ApiException> ambiguity(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      return Optional.empty(); // it has neither of the two headers
    }
    if (request.headers().getAll("host").size() > 1) {
      return Optional.of(failure("The request has several Host headers; send one."));
    }
    List<String> codings = request.headers().getAll("transfer-encoding");
    return codings.isEmpty() || codings.size() == 1 && CHUNKED.equalsIgnoreCase(codings.get(0))
        ? Optional.empty()
        : Optional.of(failure("The only Transfer-Encoding that is read is 'chunked'."));
  }

  /** The line or the headers cannot be used: Vert.x found it. */
  static ApiException head() {
    return failure(
        "The request is malformed: its path begins with / and is escaped as %XX in UTF-8, and"
            + " HTTP/1.1 wants a Host header.");
  }

  private static ApiException failure(String message) {
    return new ApiException(ApiError.MALFORMED_REQUEST, message);
  }
}
