package platform.deepseek.auth.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import platform.deepseek.auth.decision.Settlements;

/**
 * {@code POST /v1/renewals/{reservation}}: the request still runs. 204, or 404 when its reservation
 * is not open: settled, or returned by the sweep.
 */
public final class RenewalRoute implements Handler<RoutingContext> {

  private final Settlements settlements;

  public RenewalRoute(Settlements settlements) {
    this.settlements = settlements;
  }

  @Override
  public void handle(RoutingContext context) {
    Completion.of(
        context,
        settlements.renew(context.pathParam("reservation")),
        open -> {
          if (open) {
            context.response().setStatusCode(204).end();
          } else {
            Replies.fail(
                context.response(), 404, "unknown_reservation", "No such reservation is open.");
          }
        });
  }
}
