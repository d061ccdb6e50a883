package platform.deepseek.auth.decision;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import platform.deepseek.auth.access.RouteTable;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.limit.Demand;
import platform.deepseek.auth.limit.Limiter;
import platform.deepseek.auth.limit.Measure;
import platform.deepseek.auth.limit.Quota;
import platform.deepseek.auth.limit.Ruling;
import platform.deepseek.auth.store.StoreUnavailable;
import platform.deepseek.auth.usage.Price;

/**
 * Answers whether a request may be answered: the gate from what is known here, the limits in one
 * round trip. A known key's decision takes no other thread and waits for nothing but Redis.
 */
public final class Decisions {

  private static final int ID_BYTES = 16;

  private final Gate gate;
  private final RouteTable routes;
  private final Limiter limiter;
  private final ReservationSeal seal;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  public Decisions(
      Gate gate, RouteTable routes, Limiter limiter, Pepper pepper, InstantSource clock) {
    this.gate = gate;
    this.routes = routes;
    this.limiter = limiter;
    this.seal = new ReservationSeal(pepper);
    this.clock = clock;
  }

  /** Never fails for want of the database: then nobody is let in, and told why. */
  public CompletableFuture<Decision> decide(Question question) {
    return gate.pass(
            question.credential(),
            question.client(),
            routes.find(question.method(), question.path()))
        .thenCompose(
            passage ->
                switch (passage) {
                  case Gate.Passage.Open(Identity identity) -> limit(question, identity);
                  case Gate.Passage.Closed(Decision.Deny denial) -> completed(denial);
                })
        .exceptionallyCompose(Decisions::unavailable);
  }

  /**
   * Answers only who it is and whether the gate is open to them: nothing is counted or reserved, so
   * it lets nobody have anything. Whoever reads a long request asks this first, and decides when
   * its length is known.
   */
  public CompletableFuture<Decision> identify(Question question) {
    return gate.pass(
            question.credential(),
            question.client(),
            routes.find(question.method(), question.path()))
        .<Decision>thenApply(
            passage ->
                switch (passage) {
                  case Gate.Passage.Open(Identity identity) ->
                      new Decision.Allow(identity, Optional.empty(), 0, Quota.UNLIMITED);
                  case Gate.Passage.Closed(Decision.Deny denial) -> denial;
                })
        .exceptionallyCompose(Decisions::unavailable);
  }

  private CompletableFuture<Decision> limit(Question question, Identity identity) {
    String model = question.model().orElse("");
    if (question.model().isPresent() && !identity.restrictions().allowModel(model)) {
      return completed(
          Decision.Deny.of(
              Refusal.MODEL_NOT_ALLOWED,
              "Key %s may not use the model '%s'. Use another model, or have the key changed."
                  .formatted(identity.credential(), model)));
    }
    Price price = identity.prices().of(model);
    Reservation reservation =
        new Reservation(freshId(), clock.instant(), identity.account(), model, price);
    Demand demand =
        new Demand(
            reservation.id(),
            identity.bounds(),
            question.promptTokens(),
            question.maxTokens(),
            price,
            question.holds());
    return limiter
        .reserve(demand)
        .thenApply(
            ruling ->
                switch (ruling) {
                  case Ruling.Granted granted ->
                      new Decision.Allow(
                          identity,
                          question.holds() ? Optional.of(seal.seal(reservation)) : Optional.empty(),
                          granted.maxTokens(),
                          granted.quota());
                  case Ruling.Refused refused -> refused(demand, refused);
                });
  }

  private static Decision refused(Demand demand, Ruling.Refused refused) {
    Measure measure = refused.measure();
    String whose = refused.bound().level().label();
    if (measure.isBudget()) {
      return new Decision.Deny(
          Refusal.BUDGET_EXHAUSTED,
          "The %s budget %s of %d is exhausted. Wait for the next period, or have it raised."
              .formatted(whose, measure.label(), refused.limit()),
          Optional.empty(),
          refused.quota(),
          Optional.empty());
    }
    Refusal refusal =
        switch (measure) {
          case REQUESTS_PER_SECOND -> Refusal.RATE_LIMIT_EXCEEDED;
          case TOKENS_PER_MINUTE -> Refusal.TOKEN_LIMIT_EXCEEDED;
          case CONCURRENT_REQUESTS -> Refusal.CONCURRENCY_LIMIT_EXCEEDED;
          case TOKENS_PER_DAY, TOKENS_PER_MONTH, MONEY_PER_DAY, MONEY_PER_MONTH ->
              throw new IllegalStateException(measure + " is a budget");
        };
    String remedy =
        refused.retryAfter().isPresent()
            ? "Try again in %d ms.".formatted(refused.retryAfter().get().toMillis() + 1)
            : "A request of %d tokens can never pass it: ask for fewer."
                .formatted(demand.promptTokens() + demand.maxTokens());
    return new Decision.Deny(
        refusal,
        "The %s limit %s of %d is reached. %s"
            .formatted(whose, measure.label(), refused.limit(), remedy),
        refused.retryAfter(),
        refused.quota(),
        Optional.empty());
  }

  private static CompletableFuture<Decision> unavailable(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof StoreUnavailable
        ? completed(unavailable())
        : CompletableFuture.failedFuture(cause);
  }

  /** What everybody is told while the database does not answer. */
  public static Decision.Deny unavailable() {
    return Decision.Deny.of(
        Refusal.AUTHORIZATION_UNAVAILABLE,
        "Keys and budgets cannot be read at the moment, so nobody new is let in. Try again in a few"
            + " seconds.");
  }

  private static CompletableFuture<Decision> completed(Decision decision) {
    return CompletableFuture.completedFuture(decision);
  }

  private String freshId() {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
