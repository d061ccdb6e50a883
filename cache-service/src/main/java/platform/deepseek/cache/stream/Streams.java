package platform.deepseek.cache.stream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import platform.deepseek.cache.lease.Lease;

/**
 * The live streams that this replica knows: those of leaders that are connected here, and copies of
 * those elsewhere that somebody here follows.
 */
public final class Streams {

  private static final Duration KEPT = Duration.ofMinutes(15);
  private static final int MOST = 10_000;

  private final long mostBytes;
  private final Relay relay;
  private final Map<String, Lease> led = new ConcurrentHashMap<>();
  private final Cache<String, LiveStream> streams =
      Caffeine.newBuilder()
          .maximumSize(MOST)
          .expireAfterAccess(KEPT)
          .executor(Runnable::run)
          .build();

  /**
   * @param mostBytes of one stream
   */
  public Streams(long mostBytes, Relay relay) {
    this.mostBytes = mostBytes;
    this.relay = relay;
  }

  /** The stream that a lease was given for, to append to. */
  public LiveStream lead(Lease lease) {
    led.putIfAbsent(lease.stream(), lease);
    return stream(lease.stream());
  }

  /** Passes on to other replicas what was appended or ended here. */
  public void publish(Lease lease, byte[] chunk) {
    relay.chunk(lease, chunk);
  }

  public void end(Lease lease, End end) {
    led.remove(lease.stream());
    stream(lease.stream()).end(end);
    relay.end(lease, end);
  }

  /** A stream to follow; empty when nobody leads it. */
  public CompletableFuture<Optional<LiveStream>> find(String name) {
    LiveStream here = streams.getIfPresent(name);
    return here != null
        ? CompletableFuture.completedFuture(Optional.of(here))
        : relay.copy(name, () -> stream(name));
  }

  private LiveStream stream(String name) {
    return streams.get(name, fresh -> new LiveStream(mostBytes));
  }

  /** A lease was given: its stream can be followed before its leader has connected. */
  public void announce(Lease lease) {
    streams.put(lease.stream(), new LiveStream(mostBytes));
    led.put(lease.stream(), lease);
  }

  /** The leases of streams that have not ended. */
  public List<Lease> led() {
    return List.copyOf(led.values());
  }
}
