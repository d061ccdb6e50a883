package platform.deepseek.cache.stream;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.StreamName;
import platform.deepseek.cache.redis.RedisCalls;

/** One stream of another replica, read from Redis until it ends or its leader is lost. */
final class StreamCopy {

  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration WATCH = Duration.ofMillis(500);
  private static final int AT_ONCE = 100;

  private final StreamName name;
  private final LiveStream copy;
  private final RedisCalls redis;
  private final Leases leases;
  private final BatchSeal seal;
  private final ScheduledExecutorService timer;
  private final Runnable over;
  private final CompletableFuture<Optional<LiveStream>> begun = new CompletableFuture<>();
  // Of one poll after the other.
  private long last;
  private long watchedAt;
  private boolean notHeldBefore;

  /**
   * @param over called when it is read no more
   */
  StreamCopy(
      StreamName name,
      LiveStream copy,
      RedisCalls redis,
      Leases leases,
      BatchSeal seal,
      ScheduledExecutorService timer,
      Runnable over) {
    this.name = name;
    this.copy = copy;
    this.redis = redis;
    this.leases = leases;
    this.seal = seal;
    this.timer = timer;
    this.over = over;
    this.watchedAt = System.nanoTime() - WATCH.toNanos(); // asked for with the first poll
    soon(Duration.ZERO);
  }

  /** Empty when nobody leads it. */
  CompletableFuture<Optional<LiveStream>> begun() {
    return begun;
  }

  private void soon(Duration wait) {
    var unused = timer.schedule(this::poll, wait.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void poll() {
    var unused =
        redis
            .send(
                Request.cmd(Command.XRANGE)
                    .arg(RedisRelay.key(name))
                    .arg((last + 1) + "-0")
                    .arg("+")
                    .arg("COUNT")
                    .arg(AT_ONCE))
            .handle(
                (batches, failure) -> {
                  long before = last;
                  if (failure == null) {
                    batches.forEach(this::take);
                  }
                  return last > before;
                })
            .thenCompose(this::isLed)
            .whenComplete(
                (led, failure) -> {
                  if (failure != null || !led) {
                    finish(new End.Lost());
                  }
                  if (copy.hasEnded()) {
                    over.run();
                  } else {
                    begun.complete(Optional.of(copy));
                    soon(POLL);
                  }
                });
  }

  private void take(Response message) {
    String id = message.get(0).toString();
    long number = Long.parseLong(id.substring(0, id.indexOf('-')));
    Optional<Batch> batch = seal.open(name, number, message.get(1).get(1).toBytes());
    if (number != last + 1 || batch.isEmpty()) {
      finish(new End.Lost());
      return;
    }
    last = number;
    byte[] bytes = batch.get().bytes();
    switch (batch.get().kind()) {
      case CHUNKS -> {
        if (!copy.append(bytes)) {
          finish(new End.Lost());
        }
      }
      case DONE -> finish(new End.Done(bytes));
      case LOST -> finish(new End.Lost());
      case ABANDONED -> finish(new End.Abandoned(new String(bytes, StandardCharsets.UTF_8)));
    }
  }

  /** Twice in a row not held and nothing heard in between: its leader is gone without a word. */
  private CompletableFuture<Boolean> isLed(boolean heard) {
    if (heard) {
      notHeldBefore = false;
    }
    if (copy.hasEnded() || System.nanoTime() - watchedAt < WATCH.toNanos()) {
      return CompletableFuture.completedFuture(true);
    }
    watchedAt = System.nanoTime();
    return leases
        .isHeld(name.key(), name.fence())
        .thenApply(
            held -> {
              boolean lost = !held && notHeldBefore;
              notHeldBefore = !held;
              return !lost;
            });
  }

  private void finish(End end) {
    boolean nothing = last == 0;
    copy.end(end);
    begun.complete(nothing && end instanceof End.Lost ? Optional.empty() : Optional.of(copy));
  }
}
