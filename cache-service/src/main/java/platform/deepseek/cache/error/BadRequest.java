package platform.deepseek.cache.error;

/** What was sent is not what can be taken. It carries no stack trace: it is an answer. */
public final class BadRequest extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final int status;
  private final String code;
  private final String param;

  private BadRequest(int status, String code, String message, String param) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.param = param;
  }

  public static BadRequest json(String message) {
    return new BadRequest(400, "invalid_json", message, null);
  }

  public static BadRequest missing(String param) {
    return new BadRequest(
        400,
        "missing_required_parameter",
        "Missing required parameter: '%s'.".formatted(param),
        param);
  }

  public static BadRequest invalid(String param, String why) {
    return new BadRequest(400, "invalid_value", "Invalid '%s': %s".formatted(param, why), param);
  }

  public static BadRequest unknown(String param) {
    return new BadRequest(
        400, "unknown_parameter", "Unknown parameter: '%s'.".formatted(param), param);
  }

  public static BadRequest notFound(String what) {
    return new BadRequest(404, "not_found", "There is no %s.".formatted(what), null);
  }

  public static BadRequest leaseLost() {
    return new BadRequest(
        409, "lease_lost", "Another one holds the lease of this key now: drop the answer.", null);
  }

  public static BadRequest notCacheable(String finishReason) {
    return new BadRequest(
        422,
        "not_cacheable",
        "Only answers that ended with 'stop' are kept, this one ended with '%s': release the lease."
            .formatted(finishReason),
        "finishReason");
  }

  public static BadRequest tooLarge(long most) {
    return new BadRequest(
        413,
        "body_too_large",
        "The body is longer than %d bytes; send less.".formatted(most),
        null);
  }

  public int status() {
    return status;
  }

  public String code() {
    return code;
  }

  /** The field that is to blame, or null. */
  public String param() {
    return param;
  }
}
