package platform.deepseek.cache.stream;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import platform.deepseek.cache.lease.Lease;

/** Carries live streams between replicas. */
public interface Relay {

  void chunk(Lease lease, byte[] chunk);

  void end(Lease lease, End end);

  /**
   * Fills a stream with what another replica appends; empty when none does.
   *
   * @param target made only when there is one to copy
   */
  CompletableFuture<Optional<LiveStream>> copy(String name, Supplier<LiveStream> target);

  /** For one replica. */
  Relay NONE =
      new Relay() {
        @Override
        public void chunk(Lease lease, byte[] chunk) {
          // Nobody else follows.
        }

        @Override
        public void end(Lease lease, End end) {
          // Nobody else follows.
        }

        @Override
        public CompletableFuture<Optional<LiveStream>> copy(
            String name, Supplier<LiveStream> target) {
          return CompletableFuture.completedFuture(Optional.empty());
        }
      };
}
