package platform.deepseek.operator.anomaly;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Counts what rules look for and says when a threshold is reached: once per window, and with room
 * for no more times than the threshold needs. The same thing shown again counts once, so whoever
 * feeds it may look as often as they like.
 */
public final class Detector {

  private static final int REMEMBERED = 20_000;

  /** A threshold that was reached. */
  public record Anomaly(Rule rule, Observation last, int count) {}

  private static final class Counter {
    private final Rule rule;
    private final Deque<Instant> times = new ArrayDeque<>();
    private Instant quietUntil = Instant.MIN;

    private Counter(Rule rule) {
      this.rule = rule;
    }

    private Optional<Anomaly> see(Observation observation) {
      times.addLast(observation.time());
      while (times.size() > rule.written().threshold()
          || times.getFirst().isBefore(observation.time().minus(rule.window()))) {
        times.removeFirst();
      }
      if (times.size() < rule.written().threshold() || observation.time().isBefore(quietUntil)) {
        return Optional.empty();
      }
      var count = times.size();
      times.clear();
      quietUntil = observation.time().plus(rule.window());
      return Optional.of(new Anomaly(rule, observation, count));
    }
  }

  private final List<Counter> counters;
  private final Map<String, Boolean> seen =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  public Detector(List<Rule> rules) {
    this.counters = rules.stream().map(Counter::new).toList();
  }

  /** The anomalies that this observation completes. */
  public synchronized List<Anomaly> see(Observation observation) {
    var looking =
        counters.stream().filter(counter -> counter.rule.holds().test(observation)).toList();
    // What no rule looks for is not remembered: a busy log would push out what was counted.
    return looking.isEmpty() || seen.put(observation.id(), true) != null
        ? List.of()
        : looking.stream()
            .map(counter -> counter.see(observation))
            .flatMap(Optional::stream)
            .toList();
  }

  /** After a restart: what a rule had found until then has been answered already. */
  public synchronized void answered(String rule, Instant at) {
    counters.stream()
        .filter(counter -> counter.rule.name().equals(rule))
        .filter(counter -> counter.quietUntil.isBefore(at.plus(counter.rule.window())))
        .forEach(counter -> counter.quietUntil = at.plus(counter.rule.window()));
  }
}
