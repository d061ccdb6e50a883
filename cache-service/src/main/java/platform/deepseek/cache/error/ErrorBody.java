package platform.deepseek.cache.error;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/** The body of every failure, in the shape of all services here. */
public record ErrorBody(@JsonProperty("error") Failure failure) {

  /**
   * @param param the field that is to blame, or null
   */
  @JsonPropertyOrder({"message", "type", "param", "code"})
  public record Failure(String message, String type, String param, String code) {}

  public static ErrorBody of(int status, String code, String message, String param) {
    return new ErrorBody(new Failure(message, type(status), param, code));
  }

  private static String type(int status) {
    return status >= 500
        ? "server_error"
        : status == 429 ? "rate_limit_error" : "invalid_request_error";
  }
}
