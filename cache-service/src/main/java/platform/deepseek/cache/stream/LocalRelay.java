package platform.deepseek.cache.stream;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import platform.deepseek.cache.lease.StreamName;

/** For one replica: nobody else follows, and nobody else leads. */
public final class LocalRelay implements Relay {

  @Override
  public void chunk(StreamName name, byte[] chunk) {
    // Nobody else follows.
  }

  @Override
  public void end(StreamName name, End end) {
    // Nobody else follows.
  }

  @Override
  public CompletableFuture<Optional<LiveStream>> copy(StreamName name) {
    return CompletableFuture.completedFuture(Optional.empty());
  }
}
