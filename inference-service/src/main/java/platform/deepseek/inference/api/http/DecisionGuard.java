package platform.deepseek.inference.api.http;

import io.vertx.core.AsyncResult;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.authorization.Admission;
import platform.deepseek.inference.api.authorization.AuthService;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.ErrorBody;

/**
 * Lets in whom auth-service lets in. A route that generates asks for leave itself, so here it is
 * only asked who they are; every other route is decided here. The body waits meanwhile, unread.
 */
final class DecisionGuard implements Guard {

  private static final String SCHEME = "Bearer ";
  private static final List<String> KEY_HEADERS = List.of("x-api-key", "api-key");

  private final AuthService auth;
  private final RequestMetrics metrics;

  DecisionGuard(AuthService auth, RequestMetrics metrics) {
    this.auth = auth;
    this.metrics = metrics;
  }

  @Override
  public void pass(RoutingContext request, boolean generates) {
    Optional<String> credential = credential(request.request().headers());
    if (credential.isEmpty()) {
      refuse(
          request,
          new ApiException(
              ApiError.AMBIGUOUS_CREDENTIAL,
              "Send one credential: Authorization: Bearer YOUR_KEY or x-api-key: YOUR_KEY."));
      return;
    }
    Question question = Question.of(request, credential.get());
    request.request().pause();
    (generates
            ? auth.identify(question).map(caller -> new Admission(caller, Map.of()))
            : auth.look(question))
        .onComplete(answer -> answered(request, question, answer));
  }

  private void answered(RoutingContext request, Question question, AsyncResult<Admission> answer) {
    if (request.response().closed()) {
      return;
    }
    if (answer.succeeded()) {
      question.asked(request);
      answer.result().caller().sent(request);
      answer.result().headers().forEach(request.response()::putHeader);
      request.next();
    } else if (failure(answer).error() == ApiError.UNKNOWN_URL) {
      request.next(); // where it is told which routes and methods there are
    } else {
      refuse(request, failure(answer));
    }
    request.request().resume();
  }

  private static ApiException failure(AsyncResult<?> answer) {
    if (answer.cause() instanceof ApiException failure) {
      return failure;
    }
    throw new IllegalStateException("a question to auth-service failed", answer.cause());
  }

  private void refuse(RoutingContext request, ApiException failure) {
    metrics.refused(failure.error());
    if (failure.error().status == 401) {
      request.response().putHeader("www-authenticate", "Bearer");
    }
    ErrorBody.send(request.response(), failure, Styles.of(request.request()));
  }

  /**
   * The one credential that is shown; empty text when there is none. Nothing when it cannot be told
   * which: another server on the way may have looked at the other one.
   */
  private static Optional<String> credential(MultiMap headers) {
    Set<String> shown = new LinkedHashSet<>();
    for (String value : headers.getAll("authorization")) {
      if (!value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
        return Optional.empty();
      }
      shown.add(value.substring(SCHEME.length()).strip());
    }
    for (String name : KEY_HEADERS) {
      headers.getAll(name).forEach(value -> shown.add(value.strip()));
    }
    return shown.size() > 1
        ? Optional.empty()
        : Optional.of(shown.isEmpty() ? "" : shown.iterator().next());
  }
}
