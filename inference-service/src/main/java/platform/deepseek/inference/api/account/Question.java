package platform.deepseek.inference.api.account;

import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * A request as those see it who decide whether it may be answered.
 *
 * @param credential as it was shown, without the name of its scheme; empty when there was none
 * @param clientAddress the other end of the connection
 * @param forwardedFor the X-Forwarded-For headers, as they are: who is believed is decided
 *     elsewhere
 * @param path as it was sent, without a query
 */
public record Question(
    String credential,
    String clientAddress,
    List<String> forwardedFor,
    String method,
    String path) {

  private static final String KEY = Question.class.getName();

  public Question {
    forwardedFor = List.copyOf(forwardedFor);
  }

  /**
   * @param credential that was found in its headers
   */
  public static Question of(RoutingContext request, String credential) {
    return new Question(
        credential,
        request.request().remoteAddress().hostAddress(),
        request.request().headers().getAll("x-forwarded-for"),
        request.request().method().name(),
        request.request().path());
  }

  /** Remembers what was asked about a request. */
  public void asked(RoutingContext request) {
    request.put(KEY, this);
  }

  /** What was asked when the request was let in. */
  public static Question of(RoutingContext request) {
    Question question = request.get(KEY);
    return question == null ? of(request, "") : question;
  }
}
