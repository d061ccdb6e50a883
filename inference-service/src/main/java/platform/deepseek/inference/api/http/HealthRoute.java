package platform.deepseek.inference.api.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import platform.deepseek.inference.api.health.EnginePulse;

/** {@code /health}: open to all, for load balancers; the probes are on the management port. */
final class HealthRoute implements Handler<RoutingContext> {

  private final EnginePulse pulse;

  HealthRoute(EnginePulse pulse) {
    this.pulse = pulse;
  }

  @Override
  public void handle(RoutingContext context) {
    boolean ready = pulse.beats();
    context
        .response()
        .setStatusCode(ready ? 200 : 503)
        .putHeader("content-type", "application/json")
        .end(ready ? "{\"status\":\"ok\"}" : "{\"status\":\"unavailable\"}");
  }
}
