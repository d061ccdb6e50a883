package platform.deepseek.cache.redis;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import platform.deepseek.cache.fault.Breaker;

/**
 * Redis, for calls that may fail: each is over within the patience, and after a few that failed in
 * a row all fail at once until one that tries succeeds.
 */
public final class RedisCalls {

  /** It did not answer, or it is left alone. */
  public static final class Unavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unavailable(String message, Throwable cause) {
      super(message, cause, false, false);
    }
  }

  private static final int FAILURES = 3;
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Redis redis;
  private final Duration patience;
  private final Breaker breaker = new Breaker(FAILURES, PAUSE, System::nanoTime);

  public RedisCalls(Redis redis, Duration patience) {
    this.redis = redis;
    this.patience = patience;
  }

  /** The response is null where Redis answers nil. */
  public CompletableFuture<Response> send(Request request) {
    return call(() -> redis.send(request));
  }

  /** By digest; a Redis that has not seen the script, or forgot it, gets its text. */
  public CompletableFuture<Response> run(Script script, String key, List<String> arguments) {
    return call(
        () ->
            redis
                .send(request(Command.EVALSHA, script.digest(), key, arguments))
                .recover(
                    failure ->
                        failure instanceof ErrorType error && error.is("NOSCRIPT")
                            ? redis.send(request(Command.EVAL, script.text(), key, arguments))
                            : Future.failedFuture(failure)));
  }

  private interface Call {
    Future<Response> start();
  }

  private CompletableFuture<Response> call(Call call) {
    if (!breaker.admits()) {
      return CompletableFuture.failedFuture(new Unavailable("Redis is left alone", null));
    }
    CompletableFuture<Response> result = new CompletableFuture<>();
    call.start().onComplete(result::complete, result::completeExceptionally);
    return result
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (response, failure) -> {
              if (failure == null || failure instanceof ErrorType) {
                breaker.succeeded(); // it answered, if only to refuse
              } else {
                breaker.failed();
              }
            })
        .exceptionallyCompose(
            failure ->
                CompletableFuture.failedFuture(
                    failure instanceof ErrorType
                        ? failure
                        : new Unavailable("Redis does not answer: " + failure, failure)));
  }

  private static Request request(
      Command command, String script, String key, List<String> arguments) {
    Request request = Request.cmd(command).arg(script).arg(1).arg(key);
    arguments.forEach(request::arg);
    return request;
  }
}
