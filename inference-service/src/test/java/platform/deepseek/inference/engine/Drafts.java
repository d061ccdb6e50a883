package platform.deepseek.inference.engine;

import java.util.EnumMap;
import java.util.Map;
import platform.deepseek.inference.engine.draft.DraftSource;

/** Counts draft tokens. */
final class Drafts implements EngineObserver {

  private final Map<DraftSource, Integer> right = new EnumMap<>(DraftSource.class);
  private final Map<DraftSource, Integer> wrong = new EnumMap<>(DraftSource.class);
  private int preemptions;

  @Override
  public void drafted(DraftSource source, int tokens, int accepted) {
    right.merge(source, accepted, Integer::sum);
    wrong.merge(source, tokens - accepted, Integer::sum);
  }

  @Override
  public void preempted() {
    preemptions++;
  }

  int preemptions() {
    return preemptions;
  }

  int right() {
    return right.values().stream().mapToInt(Integer::intValue).sum();
  }

  int wrong() {
    return wrong.values().stream().mapToInt(Integer::intValue).sum();
  }

  int right(DraftSource source) {
    return right.getOrDefault(source, 0);
  }

  int wrong(DraftSource source) {
    return wrong.getOrDefault(source, 0);
  }
}
