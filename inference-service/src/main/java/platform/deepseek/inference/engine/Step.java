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
   * {@code pending}: the one token of the entry is what the sequence samples in the step before,
   * which is under way, so that only the device knows it. {@code samplePosition}: how many tokens
   * the sequence will have generated when this entry samples, the position of its random numbers.
   */
  public record Entry(
      Sequence sequence,
      int from,
      int count,
      boolean samples,
      boolean scores,
      boolean embeds,
      boolean pending,
      int samplePosition) {

    public Entry {
      if (pending && count != 1) {
        throw new IllegalArgumentException(
            "an entry of %d tokens at %d: a pending token stands alone".formatted(count, from));
      }
    }

    /** All its tokens are known. */
    public Entry(
        Sequence sequence, int from, int count, boolean samples, boolean scores, boolean embeds) {
      this(sequence, from, count, samples, scores, embeds, false, sequence.history().position());
    }

    /** All its tokens are known, and no hidden states are asked for. */
    public Entry(Sequence sequence, int from, int count, boolean samples, boolean scores) {
      this(sequence, from, count, samples, scores, false);
    }
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  public int tokens() {
    return entries.stream().mapToInt(Entry::count).sum();
  }
}
