package platform.deepseek.inference.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Steps made and not yet completed, oldest first: what the next step must know of them. */
final class StepsUnderWay {
  private final Deque<Step> steps = new ArrayDeque<>();

  boolean isEmpty() {
    return steps.isEmpty();
  }

  int size() {
    return steps.size();
  }

  /** From here on its sequences count as if it had ended well. */
  void begin(Step step) {
    steps.addLast(step);
    step.entries().forEach(entry -> entry.sequence().begin(entry));
  }

  void end(Step step) {
    if (steps.pollFirst() != step) {
      throw new IllegalStateException("steps end in the order in which they were made");
    }
  }

  void clear() {
    steps.clear();
  }

  /** Of all steps; those of the oldest first. */
  List<Step.Entry> entries() {
    return steps.stream().flatMap(step -> step.entries().stream()).toList();
  }

  /**
   * How many of a sequence's leading tokens, {@code limit} at most, somebody in these steps or in
   * the {@code next} one has computed when they have ended.
   */
  int willHave(Sequence sequence, int limit, List<Step.Entry> next) {
    int most = 0;
    List<Step.Entry> all = new ArrayList<>(entries());
    all.addAll(next);
    for (Step.Entry entry : all) {
      if (entry.sequence().status() == Sequence.Status.RUNNING) {
        int end = Math.min(limit, entry.from() + entry.count());
        most = Math.max(most, sequence.tokens().commonPrefix(entry.sequence().tokens(), end));
      }
    }
    return most;
  }
}
