package platform.deepseek.inference.serving;

import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Says every second how far the packing of weights is, with the rate and the time left. */
final class LoadProgress implements IntConsumer {

  private static final long INTERVAL_NANOS = 1_000_000_000;

  private final int matrices;
  private final Consumer<String> log;
  private final long begun = System.nanoTime();
  private long told = begun;

  /**
   * @param matrices that there are
   */
  LoadProgress(int matrices, Consumer<String> log) {
    this.matrices = matrices;
    this.log = log;
  }

  @Override
  public void accept(int packed) {
    long now = System.nanoTime();
    if (now - told < INTERVAL_NANOS) {
      return;
    }
    told = now;
    double rate = packed / ((now - begun) / 1e9);
    log.accept(
        "loading weights: %d of %d matrices, %.1f/s, ETA %.0f s"
            .formatted(packed, matrices, rate, Math.max(0, matrices - packed) / rate));
  }
}
