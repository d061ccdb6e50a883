package platform.deepseek.cache.stream;

import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.cache.lease.StreamName;
import platform.deepseek.cache.redis.RedisCalls;

/** What waits to be sent for one stream; one batch at a time is on its way. */
final class Outbox {

  static final String FIELD = "b";

  private static final Logger LOG = Logger.getLogger(Outbox.class);
  private static final Duration KEPT = Duration.ofMinutes(15);
  private static final Duration KEPT_AFTER_END = Duration.ofMinutes(1);
  private static final Duration AGAIN = Duration.ofMillis(200);
  private static final int TRIES = 100;

  private final StreamName name;
  private final RedisCalls redis;
  private final BatchSeal seal;
  private final ScheduledExecutorService timer;
  private final Runnable over;
  private final Deque<Batch> waiting = new ArrayDeque<>();
  private long number;
  private int failures;
  private boolean sending;

  /**
   * @param over called when nothing comes after
   */
  Outbox(
      StreamName name,
      RedisCalls redis,
      BatchSeal seal,
      ScheduledExecutorService timer,
      Runnable over) {
    this.name = name;
    this.redis = redis;
    this.seal = seal;
    this.timer = timer;
    this.over = over;
  }

  void add(Batch batch) {
    synchronized (this) {
      Batch last = waiting.peekLast();
      if (last != null && last.joins(batch)) {
        waiting.removeLast();
        waiting.addLast(last.with(batch));
      } else {
        waiting.addLast(batch);
      }
    }
    sendNext();
  }

  private void sendNext() {
    Batch batch;
    long id;
    synchronized (this) {
      if (sending || waiting.isEmpty()) {
        return;
      }
      sending = true;
      batch = waiting.removeFirst();
      number++;
      id = number;
    }
    send(batch, id);
  }

  private void send(Batch batch, long id) {
    Request add =
        Request.cmd(Command.XADD)
            .arg(RedisRelay.key(name))
            .arg(id + "-0")
            .arg(FIELD)
            .arg(Buffer.buffer(seal.seal(name, id, batch)));
    var unused =
        redis
            .send(add)
            .whenComplete(
                (sent, failure) -> {
                  if (failure == null || isKnownAlready(failure)) {
                    sent(batch, id);
                  } else {
                    failed(batch, id, failure);
                  }
                });
  }

  private void sent(Batch batch, long id) {
    if (id == 1 || batch.isEnd()) {
      Duration kept = batch.isEnd() ? KEPT_AFTER_END : KEPT;
      var unused =
          redis.send(Request.cmd(Command.PEXPIRE).arg(RedisRelay.key(name)).arg(kept.toMillis()));
    }
    if (batch.isEnd()) {
      over.run();
      return;
    }
    synchronized (this) {
      failures = 0;
      sending = false;
    }
    sendNext();
  }

  private void failed(Batch batch, long id, Throwable failure) {
    boolean giveUp;
    synchronized (this) {
      failures++;
      giveUp = failures > TRIES;
    }
    if (giveUp) {
      LOG.warnf("a live stream cannot be shared with other replicas: %s", failure.getMessage());
      over.run();
      return;
    }
    var unused = timer.schedule(() -> send(batch, id), AGAIN.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static boolean isKnownAlready(Throwable failure) {
    return String.valueOf(failure.getMessage()).contains("equal or smaller");
  }
}
