package platform.deepseek.auth.traffic;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The same as {@link SharedSources} in the memory of one replica. For one thread. */
final class OwnSources {

  private static final int CAPACITY = 4_096;

  private record Slot(long number, HeavyHitters sources) {}

  private final long limit;
  private final Deque<Slot> slots = new ArrayDeque<>(); // the newest first
  private final Map<String, Long> told = new HashMap<>(); // to the second

  OwnSources(long limit) {
    this.limit = limit;
  }

  /**
   * @param second since 1970
   * @param requests of each source since the last call
   */
  List<SourceAlert> add(long second, Map<String, Long> requests) {
    long number = second / SharedSources.SLOT_SECONDS;
    if (slots.isEmpty() || slots.getFirst().number() < number) {
      slots.addFirst(new Slot(number, new HeavyHitters(CAPACITY)));
    }
    while (slots.getLast().number() <= number - SharedSources.SLOTS) {
      slots.removeLast();
    }
    told.values().removeIf(at -> at <= second - SharedSources.QUIET_SECONDS);
    List<SourceAlert> alerts = new ArrayList<>();
    requests.forEach(
        (source, count) -> {
          slots.getFirst().sources().add(source, count);
          long sum = slots.stream().mapToLong(slot -> slot.sources().count(source)).sum();
          if (sum > limit && told.putIfAbsent(source, second) == null) {
            alerts.add(new SourceAlert(source, sum, limit));
          }
        });
    return alerts;
  }
}
