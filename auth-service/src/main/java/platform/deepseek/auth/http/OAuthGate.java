package platform.deepseek.auth.http;

import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.auth.decision.Decision;
import platform.deepseek.auth.decision.Decisions;
import platform.deepseek.auth.decision.Question;
import platform.deepseek.auth.metrics.DecisionMetrics;
import platform.deepseek.auth.network.ClientAddress;
import platform.deepseek.auth.network.TrustedProxies;

/**
 * Requests to the authorization server are decided like any other: role, scope, address and limits
 * of the credential count, so that nobody gets a token where the key would not have worked.
 */
public final class OAuthGate {

  private final Decisions decisions;
  private final TrustedProxies proxies;
  private final DecisionMetrics metrics;

  public OAuthGate(Decisions decisions, TrustedProxies proxies, DecisionMetrics metrics) {
    this.decisions = decisions;
    this.proxies = proxies;
    this.metrics = metrics;
  }

  CompletableFuture<Decision> decide(RoutingContext context, String credential) {
    Optional<ClientAddress> client = Origin.of(context.request(), proxies);
    if (client.isEmpty()) {
      throw OAuthFailure.request(
          "A proxy passed this request on that deepseek.auth.trusted-proxies does not name.");
    }
    long start = System.nanoTime();
    return decisions
        .decide(
            new Question(
                credential,
                client.get(),
                context.request().method().name(),
                context.request().path(),
                Optional.empty(),
                0,
                0,
                false))
        .whenComplete(
            (decision, failure) -> {
              if (failure == null) {
                metrics.decided(decision, System.nanoTime() - start);
              }
            });
  }

  /**
   * @param otherwise for whoever is refused and not merely told to come again
   */
  static OAuthFailure failure(Decision.Deny denial, OAuthFailure.Code otherwise) {
    return new OAuthFailure(
        switch (denial.refusal().status()) {
          case 429 -> OAuthFailure.Code.SLOW_DOWN;
          case 503 -> OAuthFailure.Code.TEMPORARILY_UNAVAILABLE;
          default -> otherwise;
        },
        denial.message());
  }
}
