package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;
import platform.deepseek.inference.sampling.Sample;

/**
 * Keeps the runner busy: starts steps, as many at once as it takes, and brings their results in the
 * same order. So with a device that runs on its own, the next step lies ready when one ends.
 */
final class Pipeline {
  private static final System.Logger LOG = System.getLogger(Pipeline.class.getName());

  /** What a turn brought. */
  sealed interface Outcome {

    /** No step has ended. */
    record Nothing() implements Outcome {}

    record Done(Step step, StepOutput output) implements Outcome {}

    /** The device had no memory for a step, and nothing is under way any more. */
    record Exhausted(DeviceMemoryException cause) implements Outcome {}

    /** A step failed, and nothing is under way any more. */
    record Failed(Throwable cause) implements Outcome {}
  }

  private record Started(Step step, PendingStep pending, long at) {}

  private final ModelRunner runner;
  private final StepBudget budget;
  private final EngineObserver observer;
  private final PrefixExchange prefixes;
  private final LongSupplier clock;
  private final Deque<Started> underWay = new ArrayDeque<>();
  private long previousEnd = Long.MIN_VALUE;

  Pipeline(
      ModelRunner runner,
      StepBudget budget,
      EngineObserver observer,
      PrefixExchange prefixes,
      LongSupplier clock) {
    this.runner = runner;
    this.budget = budget;
    this.observer = observer;
    this.prefixes = prefixes;
    this.clock = clock;
  }

  /**
   * Starts a step, unless it is empty, and waits for the oldest one when no more can be started.
   *
   * @throws DeviceLostException nothing more can be run
   */
  Outcome run(Step step) {
    try {
      if (!step.isEmpty()) {
        long at = clock.getAsLong();
        underWay.addLast(new Started(step, runner.start(step), at));
      }
      boolean full = step.isEmpty() || underWay.size() == runner.stepsAhead();
      return full && !underWay.isEmpty() ? finish(underWay.removeFirst()) : new Outcome.Nothing();
    } catch (DeviceLostException lost) {
      throw lost;
    } catch (RuntimeException | Error failure) {
      return switch (worstOf(failure)) {
        case DeviceMemoryException exhausted -> new Outcome.Exhausted(exhausted);
        case Throwable cause -> new Outcome.Failed(cause);
      };
    }
  }

  /**
   * Waits for what else is under way when a step has failed. Where memory ran out for one and
   * another failed, its slots are not to be trusted: then nothing is simply tried again.
   */
  private Throwable worstOf(Throwable first) {
    Throwable worst = first;
    log(first);
    while (!underWay.isEmpty()) {
      try {
        underWay.removeFirst().pending().await();
      } catch (DeviceLostException lost) {
        throw lost;
      } catch (RuntimeException | Error another) {
        log(another);
        worst = worst instanceof DeviceMemoryException ? another : worst;
      }
    }
    return worst;
  }

  private static void log(Throwable failure) {
    if (failure instanceof DeviceMemoryException) {
      LOG.log(
          System.Logger.Level.WARNING, "no device memory for a step: {0}", failure.getMessage());
    } else {
      LOG.log(System.Logger.Level.ERROR, "the model runner failed", failure);
    }
  }

  private Outcome finish(Started oldest) {
    Step step = oldest.step();
    StepOutput output = oldest.pending().await();
    long now = clock.getAsLong();
    requireAnswers(step, output);
    int wanted = 0;
    for (int i = 0; i < step.entries().size(); i++) {
      if (step.entries().get(i).sequence().status() == Sequence.Status.RUNNING) {
        wanted += output.results().get(i).samples().size();
      }
    }
    // The device takes steps one after the other, so this one began when the one before it ended.
    Duration duration = Duration.ofNanos(now - Math.max(oldest.at(), previousEnd));
    previousEnd = now;
    budget.measured(step.tokens(), duration);
    prefixes.computed(step.tokens(), duration);
    observer.stepCompleted(step.entries().size(), step.tokens(), wanted, duration);
    return new Outcome.Done(step, output);
  }

  private void requireAnswers(Step step, StepOutput output) {
    if (output.results().size() != step.entries().size()) {
      throw new IllegalStateException(
          "the runner gave %d results for %d entries"
              .formatted(output.results().size(), step.entries().size()));
    }
    for (int i = 0; i < step.entries().size(); i++) {
      var result = output.results().get(i);
      requireSamples(step.entries().get(i), result.samples());
      if (step.entries().get(i).embeds()
          && (result.hiddenSum() == null
              || result.hiddenSum().length != runner.embeddingLength())) {
        throw new IllegalStateException("the runner gave no hidden states of the right length");
      }
    }
  }

  /**
   * Each of them but the last was drafted, or it is not known what the next one was chosen from.
   */
  private void requireSamples(Step.Entry entry, List<Sample> samples) {
    int size = samples.size();
    boolean right = entry.samples() ? size > 0 && size <= 1 + entry.draft().length() : size == 0;
    for (int i = 0; right && i < size; i++) {
      int token = samples.get(i).token();
      right = token >= 0 && token < runner.vocabularySize();
      right &= i == size - 1 || token == entry.draft().tokens().get(i);
    }
    if (!right) {
      throw new IllegalStateException(
          "the runner chose no valid tokens: %s behind a draft of %d"
              .formatted(samples, entry.draft().length()));
    }
  }

  /**
   * Waits for all that is under way; nobody wants it any more.
   *
   * @throws DeviceLostException nothing more can be run
   */
  void drop() {
    while (!underWay.isEmpty()) {
      try {
        underWay.removeFirst().pending().await();
      } catch (DeviceLostException lost) {
        throw lost;
      } catch (RuntimeException | Error failure) {
        LOG.log(System.Logger.Level.WARNING, "a step that nobody waits for failed", failure);
      }
    }
  }
}
