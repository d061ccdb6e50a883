package platform.deepseek.inference.engine;

import java.util.List;

/** One run of the model: which tokens of which sequences are computed. */
public record Step(List<Entry> entries) {

  public Step {
    entries = List.copyOf(entries);
  }

  /**
   * Tokens [from, from + count) of a sequence. {@code samples}: the entry reaches the last known
   * token, so the next one is chosen. {@code scores}: log-probabilities of the prompt tokens after
   * each computed position are asked for (echo).
   */
  public record Entry(Sequence sequence, int from, int count, boolean samples, boolean scores) {}

  public int tokens() {
    return entries.stream().mapToInt(Entry::count).sum();
  }
}
