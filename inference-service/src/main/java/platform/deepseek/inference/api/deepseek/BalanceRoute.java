package platform.deepseek.inference.api.deepseek;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.List;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.api.account.Balance;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.json.JsonBytes;

/** {@code GET /user/balance}. */
@Singleton
public final class BalanceRoute implements Handler<RoutingContext> {

  private final Accounts accounts;

  BalanceRoute(Accounts accounts) {
    this.accounts = accounts;
  }

  @Override
  public void handle(RoutingContext context) {
    accounts
        .balance(Question.of(context))
        .onComplete(
            told -> {
              if (context.response().ended() || context.response().closed()) {
                return;
              }
              if (told.succeeded()) {
                send(context.response(), told.result());
              } else {
                context.fail(told.cause());
              }
            });
  }

  private static void send(HttpServerResponse response, Balance balance) {
    JsonBytes json =
        new JsonBytes(256)
            .raw("{\"is_available\":")
            .raw(Boolean.toString(balance.available()))
            .raw(",\"balance_infos\":[");
    List<Balance.Fund> funds = balance.funds();
    for (int i = 0; i < funds.size(); i++) {
      Balance.Fund fund = funds.get(i);
      json.raw(i == 0 ? "{\"currency\":" : ",{\"currency\":")
          .string(fund.currency())
          .raw(",\"total_balance\":")
          .string(fund.total().toPlainString())
          .raw(",\"granted_balance\":")
          .string(fund.granted().toPlainString())
          .raw(",\"topped_up_balance\":")
          .string(fund.toppedUp().toPlainString())
          .raw("}");
    }
    response.putHeader("content-type", "application/json").end(json.raw("]}").toBuffer());
  }
}
