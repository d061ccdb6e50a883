package platform.deepseek.auth.http;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import platform.deepseek.auth.decision.Settlements;
import platform.deepseek.auth.decision.Settlements.Receipt;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.Consumption;
import platform.deepseek.auth.usage.Outcome;

/**
 * {@code POST /v1/settlements/{reservation}}: 200 with what was charged, again when it is told
 * again; 202 while it cannot be charged yet; 404 for what is no reservation.
 */
public final class SettlementRoute implements Handler<RoutingContext> {

  private static final int MOST_BYTES = 4_096;
  private static final Set<String> FIELDS =
      Set.of("promptTokens", "cachedTokens", "completionTokens", "outcome");

  /**
   * @param chargedMoney in millionths of the currency
   * @param first false when it was told before, and nothing was charged again
   */
  private record Reply(long chargedTokens, long chargedMoney, boolean first) {}

  private final Settlements settlements;

  public SettlementRoute(Settlements settlements) {
    this.settlements = settlements;
  }

  @Override
  public void handle(RoutingContext context) {
    BodyReader.read(context, MOST_BYTES, body -> settle(context, body));
  }

  private void settle(RoutingContext context, Buffer bytes) {
    JsonBody body = JsonBody.parse(bytes.getBytes(), FIELDS);
    String outcome = body.text("outcome", 20);
    Completion.of(
        context,
        settlements.settle(
            context.pathParam("reservation"),
            consumption(body),
            Outcome.of(outcome)
                .orElseThrow(
                    () ->
                        BadRequest.invalid(
                            "outcome",
                            "'%s' is not completed, cancelled, failed or cacheHit."
                                .formatted(outcome)))),
        receipt -> reply(context, receipt));
  }

  private static Consumption consumption(JsonBody body) {
    long prompt = body.number("promptTokens", Consumption.MOST_TOKENS);
    long cached = body.number("cachedTokens", Consumption.MOST_TOKENS);
    if (cached > prompt) {
      throw BadRequest.invalid(
          "cachedTokens", "%d are more than the prompt's %d.".formatted(cached, prompt));
    }
    return new Consumption(
        prompt, cached, body.number("completionTokens", Consumption.MOST_TOKENS));
  }

  private static void reply(RoutingContext context, Receipt receipt) {
    switch (receipt) {
      case Receipt.Settled(Charge charge, boolean first) ->
          Replies.send(context.response(), 200, new Reply(charge.tokens(), charge.money(), first));
      case Receipt.Deferred(Charge charge) ->
          Replies.send(context.response(), 202, new Reply(charge.tokens(), charge.money(), true));
      case Receipt.Unknown() ->
          Replies.fail(
              context.response(),
              404,
              "unknown_reservation",
              "There is no such reservation; send the one that the decision gave.");
    }
  }
}
