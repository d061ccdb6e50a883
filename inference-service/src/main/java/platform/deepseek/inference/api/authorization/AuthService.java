package platform.deepseek.inference.api.authorization;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.api.account.Balance;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.ReceivedJson;
import platform.deepseek.inference.api.json.Unintelligible;
import platform.deepseek.inference.api.json.WholeAnswer;

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

  @Override
  public Future<Balance> balance(Question question) {
    return ask("/v1/balances", ContractJson.look(question), ContractJson::balance);
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
            leave -> {
              Caller caller = new Caller(leave.holder());
              identities.put(question, caller);
              return caller;
            });
  }

  /** Lets a request pass that costs no tokens. */
  public Future<Admission> look(Question question) {
    return ask(ContractJson.look(question))
        .map(leave -> new Admission(new Caller(leave.holder()), leave.headers()));
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

  private Grant grant(Leave leave) {
    String reservation =
        leave.reservation().orElseThrow(() -> new Unintelligible("nothing was reserved"));
    settlements.expect();
    long renewal =
        vertx.setPeriodic(config.renewalInterval().toMillis(), due -> renew(reservation));
    return new OpenReservation(
        leave,
        request -> hold(reservation, leave.promptBytes(), request),
        (used, outcome) -> {
          vertx.cancelTimer(renewal);
          settlements.settle(reservation, used, outcome);
        });
  }

  /** A request that cannot be kept where it must be is not answered. */
  private Future<Void> hold(String reservation, int most, Buffer request) {
    if (most == 0) {
      return Future.succeededFuture();
    }
    String text = beginning(request, most);
    return client
        .post("/v1/prompts/" + reservation, ContractJson.prompt(text, request.length()))
        .compose(
            answer ->
                answer.status() == 200
                    ? Future.<Void>succeededFuture()
                    : Future.failedFuture(new Unintelligible("status " + answer.status())))
        .onFailure(
            failure -> LOG.warnf("the audit does not keep a prompt: %s", failure.getMessage()))
        .recover(failure -> Future.failedFuture(Refusals.auditUnavailable()));
  }

  /** At most so many bytes, without half a character at the end. */
  private static String beginning(Buffer request, int most) {
    int end = Math.min(request.length(), most);
    while (end > 0 && end < request.length() && (request.getByte(end) & 0xC0) == 0x80) {
      end--;
    }
    return request.getString(0, end);
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

  private Future<Leave> ask(Buffer question) {
    return ask("/v1/decisions", question, ContractJson::leave);
  }

  private <T> Future<T> ask(String path, Buffer question, Function<JsonNode, T> leave) {
    long begun = System.nanoTime();
    return client
        .post(path, question)
        .map(answer -> read(answer, leave))
        .onComplete(decided -> metrics.asked(System.nanoTime() - begun, decided.succeeded()))
        .onFailure(this::beginOutage)
        .onSuccess(decision -> endOutage())
        .recover(failure -> Future.failedFuture(Refusals.unavailable()))
        .compose(Function.identity());
  }

  /** What was decided, which is a failure where it is a refusal. */
  private static <T> Future<T> read(WholeAnswer answer, Function<JsonNode, T> leave) {
    if (answer.status() == 400) {
      Optional<ApiException> unreadable = Refusals.ofUnreadable(ReceivedJson.parse(answer.body()));
      if (unreadable.isPresent()) {
        return Future.failedFuture(unreadable.get());
      }
    }
    if (answer.status() != 200) {
      throw new Unintelligible("status %d: %s".formatted(answer.status(), answer.body()));
    }
    JsonNode told = ReceivedJson.parse(answer.body());
    return ContractJson.denial(told)
        .<Future<T>>map(denial -> Future.failedFuture(Refusals.of(denial)))
        .orElseGet(() -> Future.succeededFuture(leave.apply(told)));
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
