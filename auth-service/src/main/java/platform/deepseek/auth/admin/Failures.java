package platform.deepseek.auth.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.error.ErrorBody;
import platform.deepseek.auth.store.Conflict;
import platform.deepseek.auth.store.StoreUnavailable;
import platform.deepseek.auth.store.Unstorable;

/** Every failure of the administration in the one error body; none shows a class or a trace. */
final class Failures {

  private static final Logger LOG = Logger.getLogger(Failures.class);

  @ServerExceptionMapper
  Response badRequest(BadRequest failure) {
    return answer(failure.status(), failure.code(), failure.getMessage(), failure.param());
  }

  @ServerExceptionMapper
  Response unproven(ProofRefused failure) {
    Response.ResponseBuilder response =
        Response.fromResponse(answer(failure.status(), failure.code(), failure.getMessage(), null));
    failure.retryAfter().ifPresent(wait -> response.header("retry-after", wholeSeconds(wait)));
    if (failure.status() == 401) {
      response.header("www-authenticate", "Bearer");
    }
    return response.build();
  }

  /** Rounded up: who comes back then is not turned away again. */
  private static long wholeSeconds(Duration wait) {
    return Math.max(1, Math.ceilDiv(wait.toMillis(), 1_000));
  }

  @ServerExceptionMapper
  Response mismatched(MismatchedInputException failure) {
    String field = field(failure);
    if (failure instanceof UnrecognizedPropertyException) {
      return badRequest(BadRequest.unknown(field));
    }
    return badRequest(
        field.isEmpty()
            ? BadRequest.json("The body must be a JSON object.")
            : BadRequest.invalid(field, "the value has the wrong type."));
  }

  @ServerExceptionMapper
  Response unreadable(JsonProcessingException failure) {
    return badRequest(
        BadRequest.json("The body is not valid JSON: " + failure.getOriginalMessage()));
  }

  @ServerExceptionMapper
  Response conflict(Conflict failure) {
    LOG.debug("a row could not be written", failure);
    return answer(
        409, "conflict", "There is one like it already, or what it belongs to is missing.", null);
  }

  @ServerExceptionMapper
  Response unstorable(Unstorable failure) {
    LOG.debug("a value cannot be written", failure);
    return answer(
        400,
        "invalid_request",
        "A value is too long, or has characters that cannot be kept; leave them out.",
        null);
  }

  @ServerExceptionMapper
  Response unavailable(StoreUnavailable failure) {
    LOG.warn("the administration has no database", failure);
    return answer(
        503,
        "authorization_unavailable",
        "The database does not answer. Try again in a few seconds.",
        null);
  }

  @ServerExceptionMapper
  Response http(WebApplicationException failure) {
    int status = failure.getResponse().getStatus();
    return switch (status) {
      case 400 -> badRequest(BadRequest.json("The body is not valid JSON."));
      case 404 -> answer(404, "unknown_url", "There is no such route here.", null);
      case 405 -> answer(405, "method_not_allowed", "The route takes other methods.", null);
      case 415 -> answer(415, "unsupported_media_type", "Send application/json.", null);
      default -> answer(status, "invalid_request", "The request cannot be read.", null);
    };
  }

  @ServerExceptionMapper
  Response fault(RuntimeException failure) {
    LOG.error("the administration failed", failure);
    return answer(
        500, "internal_error", "The server failed while answering; its log says why.", null);
  }

  private static String field(JsonMappingException failure) {
    return failure.getPath().stream()
        .map(at -> at.getFieldName() == null ? "[" + at.getIndex() + "]" : at.getFieldName())
        .collect(Collectors.joining("."));
  }

  private static Response answer(int status, String code, String message, String param) {
    return Response.status(status)
        .type(MediaType.APPLICATION_JSON_TYPE)
        .entity(ErrorBody.of(status, code, message, param))
        .build();
  }
}
