package platform.deepseek.cache.stream;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import platform.deepseek.cache.crypto.MasterKey;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.StreamName;
import platform.deepseek.cache.redis.RedisCalls;

/**
 * Live streams of other replicas, through Redis Streams.
 *
 * <p>Batches are numbered from 1 and their number is the message's id. That keeps three things
 * simple: a batch whose answer got lost is sent again and refused as known; what gathers while one
 * is on its way goes out together as the next; and whoever reads sees a gap, which a Redis that
 * lost data leaves, and calls the stream lost. Whether a leader lives its lease tells, which the
 * stream's name names.
 *
 * <p>Each replica that follows reads a stream once, every 20 ms, for all who follow it there:
 * blocking reads would take a connection each. Batches are sealed: what is being answered is as
 * secret as what was.
 */
public final class RedisRelay implements Relay {

  private final RedisCalls redis;
  private final Leases leases;
  private final ScheduledExecutorService timer;
  private final long mostBytes;
  private final BatchSeal seal;
  private final Map<StreamName, Outbox> outboxes = new ConcurrentHashMap<>();
  private final Map<StreamName, StreamCopy> copies = new ConcurrentHashMap<>();

  /**
   * @param mostBytes of one stream
   */
  public RedisRelay(
      RedisCalls redis,
      Leases leases,
      MasterKey master,
      ScheduledExecutorService timer,
      long mostBytes) {
    this.redis = redis;
    this.leases = leases;
    this.timer = timer;
    this.mostBytes = mostBytes;
    this.seal = new BatchSeal(master);
  }

  @Override
  public void chunk(StreamName name, byte[] chunk) {
    outbox(name).add(new Batch(Batch.Kind.CHUNKS, chunk));
  }

  @Override
  public void end(StreamName name, End end) {
    outbox(name)
        .add(
            switch (end) {
              case End.Done(byte[] entry) -> new Batch(Batch.Kind.DONE, entry);
              case End.Lost() -> new Batch(Batch.Kind.LOST, new byte[0]);
              case End.Abandoned(String reason) ->
                  new Batch(Batch.Kind.ABANDONED, reason.getBytes(StandardCharsets.UTF_8));
            });
  }

  private Outbox outbox(StreamName name) {
    return outboxes.computeIfAbsent(
        name, fresh -> new Outbox(fresh, redis, seal, timer, () -> outboxes.remove(fresh)));
  }

  @Override
  public CompletableFuture<Optional<LiveStream>> copy(StreamName name) {
    return copies
        .computeIfAbsent(
            name,
            fresh ->
                new StreamCopy(
                    fresh,
                    new LiveStream(mostBytes),
                    redis,
                    leases,
                    seal,
                    timer,
                    () -> copies.remove(fresh)))
        .begun();
  }

  static String key(StreamName name) {
    return "dsk-cache:s:" + name;
  }
}
