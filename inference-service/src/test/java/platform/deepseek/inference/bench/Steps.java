package platform.deepseek.inference.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.engine.EngineObserver;

/**
 * Times of the steps that decode a whole batch, one token for each sequence and nothing else; and
 * how often sequences gave up their slots.
 */
final class Steps implements EngineObserver {

  private final List<Double> between = new ArrayList<>();
  private final List<Double> running = new ArrayList<>();
  private int batch;
  private long previous;
  private int preemptions;

  /** Forgets all and waits for batches of this size. */
  synchronized void watch(int batch) {
    this.batch = batch;
    between.clear();
    running.clear();
    previous = 0;
  }

  synchronized int count() {
    return between.size();
  }

  /** Since the engine began. */
  synchronized int preemptions() {
    return preemptions;
  }

  /** From the end of one step to the end of the next. */
  synchronized double medianMillis() {
    return percentile(between, 50);
  }

  synchronized double p99Millis() {
    return percentile(between, 99);
  }

  /** What the engine reports as the duration of a step. */
  synchronized double medianRunMillis() {
    return percentile(running, 50);
  }

  private static double percentile(List<Double> values, int percent) {
    return values.stream()
        .sorted()
        .skip((long) values.size() * percent / 100)
        .findFirst()
        .orElse(Double.NaN);
  }

  @Override
  public synchronized void preempted() {
    preemptions++;
  }

  @Override
  public synchronized void stepCompleted(
      int sequences, int tokens, int generated, Duration duration) {
    long now = System.nanoTime();
    boolean decodes = sequences == batch && tokens == batch;
    if (decodes && previous != 0) {
      between.add((now - previous) / 1e6);
      running.add(duration.toNanos() / 1e6);
    }
    previous = decodes ? now : 0;
  }
}
