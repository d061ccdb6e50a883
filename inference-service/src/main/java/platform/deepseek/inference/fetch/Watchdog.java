package platform.deepseek.inference.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/** Ends what has brought nothing for too long. */
final class Watchdog implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Closeable watched;
  private final Set<Watchdog> kennel;
  private volatile long fed = System.nanoTime();

  Watchdog(Closeable watched, Set<Watchdog> kennel) {
    this.watched = watched;
    this.kennel = kennel;
    kennel.add(this);
  }

  void fed() {
    fed = System.nanoTime();
  }

  void look() throws IOException {
    if (System.nanoTime() - fed > PATIENCE.toNanos()) {
      watched.close();
    }
  }

  @Override
  public void close() {
    kennel.remove(this);
  }
}
