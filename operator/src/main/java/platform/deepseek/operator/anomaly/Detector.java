package platform.deepseek.operator.anomaly;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Counts what rules look for and says when a threshold is reached: once per window, and with room
 * for no more times than the threshold needs.
 */
public final class Detector {

  /** A threshold that was reached. */
  public record Anomaly(Rule rule, Observation last, int count) {}

  private static final class Counter {
    private final Rule rule;
    private final Predicate<Observation> predicate;
    private final Duration window;
    private final Deque<Instant> times = new ArrayDeque<>();

    private Counter(Rule rule, Predicate<Observation> predicate, Duration window) {
      this.rule = rule;
      this.predicate = predicate;
      this.window = window;
    }

    private Optional<Anomaly> see(Observation observation) {
      if (!predicate.test(observation)) {
        return Optional.empty();
      }
      times.addLast(observation.time());
      while (times.getFirst().isBefore(observation.time().minus(window))) {
        times.removeFirst();
      }
      if (times.size() < rule.threshold()) {
        return Optional.empty();
      }
      var count = times.size();
      times.clear();
      return Optional.of(new Anomaly(rule, observation, count));
    }
  }

  private final List<Counter> counters = new ArrayList<>();

  public Detector(List<Rule> rules) throws BadRule {
    for (var rule : rules) {
      counters.add(new Counter(rule, rule.predicate(), rule.span()));
    }
  }

  /** The anomalies that this observation completes. */
  public synchronized List<Anomaly> see(Observation observation) {
    return counters.stream()
        .map(counter -> counter.see(observation))
        .flatMap(Optional::stream)
        .toList();
  }
}
