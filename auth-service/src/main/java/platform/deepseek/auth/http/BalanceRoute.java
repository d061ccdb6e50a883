package platform.deepseek.auth.http;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import platform.deepseek.auth.decision.Decision;
import platform.deepseek.auth.decision.Decisions;
import platform.deepseek.auth.limit.Budgets;
import platform.deepseek.auth.limit.Budgets.Budget;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.network.TrustedProxies;
import platform.deepseek.auth.store.StoreUnavailable;
import platform.deepseek.auth.traffic.SourceWatch;

/**
 * {@code POST /v1/balances}: what somebody has left to spend. Nobody pays anything in here: what
 * there is was granted, as budgets in money, and of several the one with the least left is what
 * they can still spend. Who has no budget in money has no funds to tell of and is not held up.
 */
public final class BalanceRoute implements Handler<RoutingContext> {

  private static final int MOST_BYTES = 65_536;
  private static final int MONEY_SCALE = 6; // millionths
  private static final int SHOWN_SCALE = 2;
  private static final Set<String> FIELDS =
      Set.of("credential", "clientAddress", "forwardedFor", "method", "path");

  /**
   * @param available whether no budget is used up
   * @param funds none without a budget in money
   */
  private record Reply(
      boolean allow, boolean available, List<Fund> funds, List<BudgetView> budgets) {}

  /** Amounts of the currency, as decimal numbers, rounded down. */
  private record Fund(String currency, String total, String granted, String toppedUp) {}

  /** Tokens, or millionths of the currency. */
  private record BudgetView(String level, String measure, long limit, long used, long left) {}

  private final Decisions decisions;
  private final Budgets budgets;
  private final TrustedProxies proxies;
  private final SourceWatch sources;
  private final String currency;
  private final Executor executor;

  /**
   * @param currency that prices and budgets are in
   * @param executor for reading the book, which blocks
   */
  public BalanceRoute(
      Decisions decisions,
      Budgets budgets,
      TrustedProxies proxies,
      SourceWatch sources,
      String currency,
      Executor executor) {
    this.decisions = decisions;
    this.budgets = budgets;
    this.proxies = proxies;
    this.sources = sources;
    this.currency = currency;
    this.executor = executor;
  }

  @Override
  public void handle(RoutingContext context) {
    BodyReader.read(context, MOST_BYTES, body -> tell(context, body));
  }

  private void tell(RoutingContext context, Buffer body) {
    JsonBody fields = JsonBody.parse(body.getBytes(), FIELDS);
    Completion.of(
        context,
        decisions
            .identify(DecisionRoute.question(fields, proxies, sources))
            .thenCompose(
                decision ->
                    switch (decision) {
                      case Decision.Allow allow -> balance(allow);
                      case Decision.Deny deny ->
                          CompletableFuture.completedFuture(DecisionRoute.refused(deny));
                    }),
        reply -> Replies.send(context.response(), 200, reply));
  }

  private CompletableFuture<Record> balance(Decision.Allow allow) {
    return CompletableFuture.<Record>supplyAsync(
            () -> reply(budgets.of(allow.identity().bounds())), executor)
        .exceptionallyCompose(
            failure ->
                failure instanceof CompletionException
                        && failure.getCause() instanceof StoreUnavailable
                    ? CompletableFuture.completedFuture(
                        DecisionRoute.refused(Decisions.unavailable()))
                    : CompletableFuture.failedFuture(failure));
  }

  private Reply reply(List<Budget> all) {
    OptionalLong least =
        all.stream().filter(budget -> isMoney(budget.measure())).mapToLong(Budget::left).min();
    return new Reply(
        true,
        all.stream().allMatch(budget -> budget.left() > 0),
        least.isPresent() ? List.of(fund(least.getAsLong())) : List.of(),
        all.stream().map(BalanceRoute::view).toList());
  }

  private static boolean isMoney(Measure measure) {
    return measure == Measure.MONEY_PER_DAY || measure == Measure.MONEY_PER_MONTH;
  }

  private Fund fund(long left) {
    String amount =
        BigDecimal.valueOf(left, MONEY_SCALE)
            .setScale(SHOWN_SCALE, RoundingMode.DOWN)
            .toPlainString();
    return new Fund(
        currency, amount, amount, BigDecimal.ZERO.setScale(SHOWN_SCALE).toPlainString());
  }

  private static BudgetView view(Budget budget) {
    return new BudgetView(
        budget.level().label(),
        budget.measure().label(),
        budget.limit(),
        budget.used(),
        budget.left());
  }
}
