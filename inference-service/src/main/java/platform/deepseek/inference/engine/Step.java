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
   * each computed position are asked for (echo). {@code embeds}: the sum of hidden states is.
   */
  public record Entry(
      Sequence sequence, int from, int count, boolean samples, boolean scores, boolean embeds) {

    /** Without hidden states. */
    public Entry(Sequence sequence, int from, int count, boolean samples, boolean scores) {
      this(sequence, from, count, samples, scores, false);
    }
  }

  public int tokens() {
    return entries.stream().mapToInt(Entry::count).sum();
  }
}
