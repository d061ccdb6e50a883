package platform.deepseek.cache.stream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import platform.deepseek.cache.lease.Leases;
import platform.deepseek.cache.lease.StreamName;

/**
 * The live streams of leaders that are, or will be, connected to this replica, and by the relay
 * those of others.
 */
public final class Streams {

  private static final Duration KEPT_AFTER_END = Duration.ofSeconds(30);
  private static final int MOST_ENDED = 1_000;

  private final long mostBytes;
  private final Leases leases;
  private final Relay relay;
  private final boolean alone;
  private final Map<StreamName, LiveStream> live = new ConcurrentHashMap<>();
  private final Cache<StreamName, LiveStream> ended =
      Caffeine.newBuilder()
          .maximumSize(MOST_ENDED)
          .expireAfterWrite(KEPT_AFTER_END)
          .executor(Runnable::run)
          .build();

  /**
   * @param mostBytes of one stream
   */
  public Streams(long mostBytes, Leases leases, Relay relay) {
    this.mostBytes = mostBytes;
    this.leases = leases;
    this.relay = relay;
    this.alone = relay instanceof LocalRelay;
  }

  /** The stream of a leader that connects here. */
  public LiveStream lead(StreamName name) {
    return live.computeIfAbsent(name, fresh -> new LiveStream(mostBytes));
  }

  /** Adds a chunk; false when the stream has ended, or is too long and ends with it. */
  public boolean append(StreamName name, byte[] chunk) {
    boolean fits = lead(name).append(chunk);
    if (fits) {
      relay.chunk(name, chunk);
    }
    return fits;
  }

  /** The first end is the end. */
  public void end(StreamName name, End end) {
    LiveStream stream = live.remove(name);
    if (stream == null) {
      stream = ended.get(name, fresh -> new LiveStream(mostBytes)); // its leader never connected
    } else {
      ended.put(name, stream);
    }
    stream.end(end);
    relay.end(name, end);
  }

  /** A stream to follow; empty when nobody leads it. */
  public CompletableFuture<Optional<LiveStream>> find(StreamName name) {
    LiveStream here = live.get(name);
    if (here == null) {
      here = ended.getIfPresent(name);
    }
    if (here != null) {
      return CompletableFuture.completedFuture(Optional.of(here));
    }
    return alone
        ? leases
            .isHeld(name.key(), name.fence())
            .thenApply(held -> held ? Optional.of(lead(name)) : Optional.empty())
        : relay.copy(name);
  }

  /** Ends the streams of leaders that were not heard of for as long as a lease lasts. */
  public void endLost() {
    for (StreamName name : live.keySet()) {
      var unused =
          leases
              .isHeld(name.key(), name.fence())
              .thenAccept(
                  held -> {
                    if (!held) {
                      end(name, new End.Lost());
                    }
                  });
    }
  }
}
