package platform.deepseek.cache.stream;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.lease.StreamName;

/** Carries live streams between replicas. */
public interface Relay {

  /** Passes on what a leader that is connected here computed. */
  void chunk(StreamName name, byte[] chunk);

  void end(StreamName name, End end);

  /** A stream whose leader is connected elsewhere, or not yet; empty when there is none. */
  CompletableFuture<Optional<LiveStream>> copy(StreamName name);
}
