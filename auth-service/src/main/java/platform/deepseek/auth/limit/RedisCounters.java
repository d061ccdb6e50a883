package platform.deepseek.auth.limit;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import platform.deepseek.auth.usage.Charge;

/**
 * Limits that hold for all replicas together, exactly.
 *
 * <p>Whatever has to be decided is decided by one script in one round trip: Redis runs scripts one
 * after the other, so between the question whether something is left and the taking of it nobody
 * else comes. Compare-and-swap would do as well and retries on the one counter that everybody
 * shares, the platform's; counters in each replica that are brought together now and then let
 * through what was left several times over.
 *
 * <ul>
 *   <li>Requests of a second: the times of the last N requests are kept, to the microsecond of
 *       Redis's clock. In no second, wherever it begins, do more than N pass. Ten bytes a request.
 *   <li>Tokens of a minute: sums by second. In no minute that begins with a second more than N.
 *   <li>Concurrent requests, budgets: plain numbers, and the reservation remembers what it took.
 *   <li>A reservation is a lease. What is neither settled nor renewed in time is returned by the
 *       sweep that every replica runs, so a killed one leaves nothing behind.
 * </ul>
 *
 * Arithmetic is in whole numbers, below 2^53 where Lua's doubles are exact.
 */
final class RedisCounters implements Counters {

  /** The tag keeps all keys of a cluster on one node. */
  static final String PREFIX = "{deepseek-auth}";

  private static final int SWEEP_SIZE = 100;
  private static final List<Measure> MEASURES = List.of(Measure.values());

  private final Lanes redis;
  private final String prefix;
  private final Duration lease;
  private final Duration patience;

  /**
   * @param clients makes one that lives on the event loop it is called on
   * @param patience after which Redis is taken for gone
   */
  RedisCounters(Supplier<Redis> clients, String prefix, Duration lease, Duration patience) {
    this.redis = new Lanes(clients);
    this.prefix = prefix;
    this.lease = lease;
    this.patience = patience;
  }

  @Override
  public CompletableFuture<Answer> reserve(Demand demand) {
    List<String> arguments = new ArrayList<>(8 + 8 * demand.bounds().size());
    arguments.add(demand.reservation());
    arguments.add(Long.toString(demand.promptTokens()));
    arguments.add(Long.toString(demand.maxTokens()));
    arguments.add(Long.toString(demand.price().ofPrompt(demand.promptTokens())));
    arguments.add(Long.toString(demand.price().completion()));
    arguments.add(Long.toString(lease.toMillis()));
    arguments.add(demand.holds() ? "1" : "0");
    arguments.add(Integer.toString(demand.bounds().size()));
    for (Bound bound : demand.bounds()) {
      arguments.add(bound.name());
      for (Measure measure : MEASURES) {
        arguments.add(Long.toString(bound.limits().get(measure).orElse(-1)));
      }
    }
    return call(Script.RESERVE, arguments).thenApply(response -> answer(demand, response));
  }

  @Override
  public CompletableFuture<Boolean> settle(Settlement settlement) {
    List<String> arguments = new ArrayList<>(7 + settlement.bounds().size());
    arguments.add(settlement.reservation());
    arguments.add(Long.toString(settlement.charge().tokens()));
    arguments.add(Long.toString(settlement.charge().money()));
    arguments.add(Long.toString(settlement.age().toSeconds()));
    arguments.add(Long.toString(Settlement.REMEMBERED.toSeconds()));
    arguments.add(Long.toString(Settlement.KEPT.toSeconds()));
    arguments.add(settlement.teller());
    arguments.addAll(settlement.bounds());
    return call(Script.SETTLE, arguments).thenApply(response -> response.toInteger() == 1);
  }

  @Override
  public CompletableFuture<Boolean> renew(String reservation) {
    return call(Script.RENEW, List.of(reservation))
        .thenApply(response -> response.toInteger() == 1);
  }

  @Override
  public CompletableFuture<Void> seed(Answer.Budget budget, Charge used) {
    return call(
            Script.SEED,
            List.of(
                budget.period().name().toLowerCase(Locale.ROOT),
                Long.toString(budget.number()),
                budget.bound().name(),
                Long.toString(used.tokens()),
                Long.toString(used.money())))
        .thenApply(response -> null);
  }

  @Override
  public CompletableFuture<Integer> sweep() {
    return call(Script.SWEEP, List.of(Integer.toString(SWEEP_SIZE))).thenApply(Response::toInteger);
  }

  private static Answer answer(Demand demand, Response response) {
    return switch (response.get(0).toInteger()) {
      case 0 -> {
        long wait = response.get(4).toLong();
        yield new Ruling.Refused(
            demand.bounds().get(response.get(1).toInteger() - 1),
            MEASURES.get(response.get(2).toInteger()),
            response.get(3).toLong(),
            wait < 0 ? Optional.empty() : Optional.of(micros(wait)),
            quota(response, 5));
      }
      case 1 -> new Ruling.Granted(response.get(1).toLong(), quota(response, 2));
      case 2 -> unseeded(demand, response);
      default -> throw new IllegalStateException("reserve.lua answered " + response);
    };
  }

  private static Answer unseeded(Demand demand, Response response) {
    List<Answer.Budget> budgets = new ArrayList<>();
    for (int i = 3; i < response.size(); i += 2) {
      boolean month = response.get(i + 1).toInteger() == 1;
      budgets.add(
          new Answer.Budget(
              demand.bounds().get(response.get(i).toInteger() - 1),
              month ? Answer.Period.MONTH : Answer.Period.DAY,
              response.get(month ? 2 : 1).toLong()));
    }
    return new Answer.Unseeded(budgets);
  }

  private static Quota quota(Response response, int from) {
    return new Quota(left(response, from), left(response, from + 3));
  }

  private static Optional<Quota.Left> left(Response response, int from) {
    long limit = response.get(from).toLong();
    return limit < 0
        ? Optional.empty()
        : Optional.of(
            new Quota.Left(
                limit, response.get(from + 1).toLong(), micros(response.get(from + 2).toLong())));
  }

  private static Duration micros(long micros) {
    return Duration.ofNanos(micros * 1_000);
  }

  /** By digest; a Redis that has not seen the script, or forgot it, gets its text. */
  private CompletableFuture<Response> call(Script script, List<String> arguments) {
    CompletableFuture<Response> result = new CompletableFuture<>();
    redis
        .send(request(Command.EVALSHA, script.digest(), arguments))
        .recover(
            failure ->
                failure instanceof ErrorType error && error.is("NOSCRIPT")
                    ? redis.send(request(Command.EVAL, script.text(), arguments))
                    : Future.failedFuture(failure))
        // A timer of the event loop: one of CompletableFuture wakes another thread, twice.
        .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(result::complete, failure -> result.completeExceptionally(noticed(failure)));
    return result;
  }

  private CountersUnavailable noticed(Throwable failure) {
    if (failure instanceof TimeoutException) {
      redis.reset();
    }
    return new CountersUnavailable(failure);
  }

  private Request request(Command command, String script, List<String> arguments) {
    Request request = Request.cmd(command).arg(script).arg(1).arg(prefix);
    arguments.forEach(request::arg);
    return request;
  }
}
