package platform.deepseek.inference.api.error;

import java.util.Locale;

/**
 * Every way a request can fail. One constant is the {@code code} of the error body, the label of
 * the metric {@code deepseek_errors_total} and a row of docs/errors.md.
 */
public enum ApiError {
  MALFORMED_REQUEST(
      400,
      Kind.REQUEST,
      "The request breaks HTTP's own rules: its path, its Host header, its transfer coding, or"
          + " characters in its headers.",
      "Send it through an HTTP library."),
  INVALID_JSON(
      400,
      Kind.REQUEST,
      "The body is not one JSON object: bad syntax, a duplicate key, nesting or numbers past the"
          + " limits, or bytes that are not Unicode text.",
      "Send the body through a JSON library."),
  MISSING_REQUIRED_PARAMETER(
      400, Kind.REQUEST, "A required field is absent.", "Add the field named in `param`."),
  INVALID_TYPE(
      400, Kind.REQUEST, "A field has the wrong JSON type.", "Send the type the message names."),
  INVALID_VALUE(
      400,
      Kind.REQUEST,
      "A field has the right type and a value that is out of range or malformed.",
      "Send a value in the range the message names."),
  UNKNOWN_PARAMETER(
      400, Kind.REQUEST, "A field that no supported API has.", "Correct its name or leave it out."),
  UNSUPPORTED_PARAMETER(
      400,
      Kind.REQUEST,
      "A known field or value that this server does not honour.",
      "Leave it out; docs/api.md lists what is honoured."),
  MISSING_REASONING(
      400,
      Kind.REQUEST,
      "An assistant's message with tool calls came back without its reasoning_content (DeepSeek's"
          + " addresses).",
      "Send `reasoning_content` back as it was, or `thinking` disabled."),
  CONTEXT_LENGTH_EXCEEDED(
      400,
      Kind.REQUEST,
      "Prompt and max_tokens together do not fit the context.",
      "Shorten the prompt, lower max_tokens or raise CONTEXT."),
  TEMPLATE_REFUSED(
      400,
      Kind.REQUEST,
      "The model's chat template does not accept this conversation.",
      "Order the roles as the message says."),
  GRAMMAR_TOO_COSTLY(
      400,
      Kind.REQUEST,
      "What the schema of the answer or of a tool allows next takes too much work to find out.",
      "Make its patterns, alternatives and repetitions simpler."),
  PREVIOUS_RESPONSE_NOT_FOUND(
      400,
      Kind.REQUEST,
      "The response that `previous_response_id` names is not stored here.",
      "Send the whole conversation as `input`."),
  INVALID_API_KEY(
      401,
      Kind.REQUEST,
      "No key, or a wrong one.",
      "Send `Authorization: Bearer KEY`; `make start` prints the key."),
  KEY_EXPIRED(
      401,
      Kind.REQUEST,
      "The key has expired, or was replaced by another.",
      "Use its successor, or ask an administrator for a new one."),
  KEY_REVOKED(401, Kind.REQUEST, "The key was revoked.", "Ask an administrator for a new one."),
  SECOND_FACTOR_REQUIRED(
      401,
      Kind.REQUEST,
      "The role behind the credential needs a second factor.",
      "Show it, or use a key of another role."),
  AMBIGUOUS_CREDENTIAL(
      401,
      Kind.REQUEST,
      "Several credentials were sent that differ, or one in an unknown form.",
      "Send one: `Authorization: Bearer KEY` or `x-api-key: KEY`."),
  BUDGET_EXHAUSTED(
      402,
      Kind.REQUEST,
      "A budget of the key, its user, its tenant or the platform has nothing left for the request.",
      "Wait for the next day or month, or have the budget raised."),
  ACCOUNT_DISABLED(
      403, Kind.REQUEST, "The tenant or user behind the key is disabled.", "Ask an administrator."),
  ADDRESS_NOT_ALLOWED(
      403,
      Kind.REQUEST,
      "The key may not be used from this address.",
      "Use it from an address of its list, or have the list changed."),
  PERMISSION_DENIED(
      403, Kind.REQUEST, "The role behind the key may not do this.", "Use a key of another role."),
  SCOPE_NOT_ALLOWED(
      403, Kind.REQUEST, "The key lacks the scope for this.", "Use a key that has it."),
  MODEL_NOT_ALLOWED(
      403,
      Kind.REQUEST,
      "The key may not use this model.",
      "Use another model, or have the key changed."),
  UNKNOWN_URL(404, Kind.REQUEST, "No such route.", "Check the path; the base ends in `/v1`."),
  MODEL_NOT_FOUND(
      404, Kind.REQUEST, "The model is not served here.", "`GET /v1/models` lists the models."),
  RESPONSE_NOT_FOUND(
      404,
      Kind.REQUEST,
      "No response or item is stored here under this id for this key.",
      "Check the id; the oldest leave first when `deepseek.responses-limit` or"
          + " `deepseek.responses-memory` is reached."),
  METHOD_NOT_ALLOWED(
      405, Kind.REQUEST, "The route exists for other methods.", "Use a method of header `Allow`."),
  REQUEST_TIMEOUT(
      408,
      Kind.REQUEST,
      "The body did not come within `deepseek.body-within`.",
      "Send it faster, or raise the time."),
  BODY_TOO_LARGE(
      413,
      Kind.REQUEST,
      "The body is longer than `deepseek.max-body-size`.",
      "Send less, or raise the limit."),
  UNSUPPORTED_MEDIA_TYPE(
      415,
      Kind.REQUEST,
      "The body is not declared as JSON, or is compressed.",
      "Send `Content-Type: application/json` and no `Content-Encoding`."),
  QUEUE_FULL(
      429,
      Kind.RATE_LIMIT,
      "More requests wait than `deepseek.queue-limit` allows.",
      "Try again after `Retry-After` seconds."),
  RATE_LIMIT_EXCEEDED(
      429,
      Kind.RATE_LIMIT,
      "More requests a second than a limit of the key, its user, its tenant or the platform allows.",
      "Try again after `Retry-After` seconds; the `x-ratelimit-*` headers tell what is left."),
  TOKEN_LIMIT_EXCEEDED(
      429,
      Kind.RATE_LIMIT,
      "More tokens a minute than such a limit allows; the prompt and max_tokens count.",
      "Try again after `Retry-After` seconds, or ask for fewer tokens."),
  CONCURRENCY_LIMIT_EXCEEDED(
      429,
      Kind.RATE_LIMIT,
      "More requests at the same time than such a limit allows.",
      "Try again when one of yours has ended."),
  CLIENT_TOO_SLOW(
      499,
      Kind.REQUEST,
      "The client read its stream so slowly that `deepseek.stream-buffer-size` filled up; the"
          + " connection was closed.",
      "Read faster or ask for fewer tokens."),
  INTERNAL_ERROR(
      500,
      Kind.SERVER,
      "A fault of the server; its log has the cause under the request's id.",
      "Report it with the id."),
  AUTHORIZATION_UNAVAILABLE(
      503,
      Kind.SERVER,
      "auth-service does not answer, so nobody new is let in; running answers go on.",
      "Try again in a few seconds."),
  DEADLINE_EXCEEDED(
      503,
      Kind.SERVER,
      "The request waited longer than `deepseek.start-within`.",
      "Try again later, or add capacity."),
  OUT_OF_MEMORY(
      503,
      Kind.SERVER,
      "The sequence needs more KV memory than there is, or the device has none left.",
      "Shorten the request or lower MAX_BATCH_SIZE."),
  RUNNER_FAILED(
      503, Kind.SERVER, "The model failed while running.", "Try again; the log has the cause."),
  DEVICE_LOST(
      503,
      Kind.SERVER,
      "The device that computes is lost, or the model's files were changed while they are served;"
          + " the server's process ends with code 70.",
      "Try again when the server has restarted."),
  SHUTTING_DOWN(
      503, Kind.SERVER, "The server is going down.", "Try again; another replica will answer.");

  /** The {@code type} of OpenAI's error body. */
  public enum Kind {
    REQUEST("invalid_request_error"),
    RATE_LIMIT("rate_limit_error"),
    SERVER("server_error");

    public final String type;

    Kind(String type) {
      this.type = type;
    }
  }

  public final int status;
  public final Kind kind;
  public final String meaning;
  public final String remedy;

  ApiError(int status, Kind kind, String meaning, String remedy) {
    this.status = status;
    this.kind = kind;
    this.meaning = meaning;
    this.remedy = remedy;
  }

  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
