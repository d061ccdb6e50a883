package platform.deepseek.inference.api.authorization;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.api.account.Balance;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Unintelligible;

/**
 * Asks auth-service. Without an answer nobody new is let in, what runs goes on, and what it used is
 * told later. Called on event loops, where the answers come back too.
 */
public final class AuthService implements Accounts {

  private static final Logger LOG = Logger.getLogger(AuthService.class);
  private static final long MOST_IDENTITIES = 100_000;

  private final Vertx vertx;
  private final AuthorizationConfig config;
  private final AuthClient client;
  private final Settlements settlements;
  private final AuthMetrics metrics;
  private final AtomicBoolean away = new AtomicBoolean();

  /** By all that was asked: the credential is as safe here as in the request that brought it. */
  private final Cache<Question, Caller> identities;

  AuthService(Vertx vertx, URI address, AuthorizationConfig config, MeterRegistry registry) {
    this.vertx = vertx;
    this.config = config;
    this.client = new AuthClient(vertx, address, config);
    this.metrics = new AuthMetrics(registry);
    this.settlements =
        new Settlements(vertx, client, config.settlementsLimit(), metrics::settlementLost);
    metrics.watch(settlements::waiting, settlements::expected);
    this.identities =
        Caffeine.newBuilder()
            .expireAfterWrite(config.identityCache())
            .maximumSize(MOST_IDENTITIES)
            .build();
  }

  /** Nothing is told of money. */
  @Override
  public Balance balance() {
    return new Balance(true, List.of());
  }

  /**
   * Who asks for a generation. It lets nobody have anything: {@link #reserve} does.
   *
   * @return fails with an {@link ApiException} when they may not come in at all
   */
  public Future<Caller> identify(Question question) {
    Caller known = identities.getIfPresent(question);
    if (known != null) {
      return Future.succeededFuture(known);
    }
    return ask(ContractJson.identification(question))
        .map(
            allow -> {
              Caller caller = new Caller(allow.holder());
              identities.put(question, caller);
              return caller;
            });
  }

  /** Lets a request pass that costs no tokens. */
  public Future<Admission> look(Question question) {
    return ask(ContractJson.look(question))
        .map(allow -> new Admission(new Caller(allow.holder()), allow.headers()));
  }

  @Override
  public Future<Grant> reserve(Question question, Demand demand) {
    return ask(ContractJson.generation(question, demand)).map(this::grant);
  }

  /** How many requests are answered by leave that was not settled yet. */
  int open() {
    return settlements.expected();
  }

  /** Settlements that auth-service has not heard yet. */
  int waiting() {
    return settlements.waiting();
  }

  /** Waits until everything is settled, for so long as the configuration says. */
  @Override
  public void drain() {
    int left = settlements.drain(config.settlementsDrain());
    if (left > 0) {
      LOG.warnf(
          "%d requests are not settled: auth-service returns them when their lease is over", left);
    }
  }

  private Grant grant(Decision.Allow allow) {
    String reservation =
        allow.reservation().orElseThrow(() -> new Unintelligible("nothing was reserved"));
    settlements.expect();
    long renewal =
        vertx.setPeriodic(config.renewalInterval().toMillis(), due -> renew(reservation));
    return new OpenReservation(
        allow,
        (used, outcome) -> {
          vertx.cancelTimer(renewal);
          settlements.settle(reservation, used, outcome);
        });
  }

  private void renew(String reservation) {
    client
        .post("/v1/renewals/" + reservation, Buffer.buffer())
        .onComplete(
            answer -> {
              if (answer.failed()) {
                LOG.debugf("a reservation was not renewed: %s", answer.cause().getMessage());
              } else if (answer.result().status() >= 300) {
                LOG.debugf("a reservation was not renewed: status %d", answer.result().status());
              }
            });
  }

  private Future<Decision.Allow> ask(Buffer question) {
    long begun = System.nanoTime();
    return client
        .post("/v1/decisions", question)
        .map(AuthService::read)
        .onComplete(decided -> metrics.asked(System.nanoTime() - begun, decided.succeeded()))
        .onFailure(this::beginOutage)
        .onSuccess(decision -> endOutage())
        .recover(failure -> Future.failedFuture(Refusals.unavailable()))
        .compose(
            decision ->
                switch (decision) {
                  case Decision.Allow allow -> Future.succeededFuture(allow);
                  case Decision.Deny deny -> Future.failedFuture(Refusals.of(deny));
                });
  }

  private static Decision read(AuthClient.Answer answer) {
    if (answer.status() != 200) {
      throw new Unintelligible("status %d: %s".formatted(answer.status(), answer.body()));
    }
    return ContractJson.decision(answer.body());
  }

  private void beginOutage(Throwable cause) {
    if (away.compareAndSet(false, true)) {
      LOG.warnf("auth-service decides nothing, nobody new is let in: %s", cause.getMessage());
    }
  }

  private void endOutage() {
    if (away.get() && away.compareAndSet(true, false)) {
      LOG.info("auth-service decides again");
    }
  }
}
