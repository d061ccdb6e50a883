package platform.deepseek.auth.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vertx.core.http.HttpServerResponse;
import java.util.Locale;

/**
 * A failure as OAuth writes it (RFC 6749 section 5.2), at the routes of the authorization server.
 */
final class OAuthFailure extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** The closed set of codes that are used here: RFC 6749 5.2, RFC 8693 2.2.2, RFC 7009 2.2.1. */
  enum Code {
    INVALID_REQUEST(400),
    INVALID_CLIENT(401),
    INVALID_SCOPE(400),
    INVALID_TARGET(400),
    UNSUPPORTED_GRANT_TYPE(400),
    UNSUPPORTED_TOKEN_TYPE(400),
    SLOW_DOWN(429),
    TEMPORARILY_UNAVAILABLE(503);

    private final int status;

    Code(int status) {
      this.status = status;
    }
  }

  @JsonPropertyOrder({"error", "error_description"})
  private record Body(String error, @JsonProperty("error_description") String description) {}

  private final Code code;

  OAuthFailure(Code code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  static OAuthFailure request(String message) {
    return new OAuthFailure(Code.INVALID_REQUEST, message);
  }

  void tell(HttpServerResponse response) {
    if (code == Code.INVALID_CLIENT) {
      response.putHeader("www-authenticate", "Bearer");
    }
    Replies.send(
        response.putHeader("cache-control", "no-store"),
        code.status,
        new Body(code.name().toLowerCase(Locale.ROOT), getMessage()));
  }
}
