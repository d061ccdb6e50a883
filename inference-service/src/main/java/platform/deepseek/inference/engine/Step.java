package platform.deepseek.inference.engine;

import java.util.List;
import platform.deepseek.inference.engine.draft.Draft;

/** One run of the model: which tokens of which sequences are computed. */
public record Step(List<Entry> entries) {

  public Step {
    entries = List.copyOf(entries);
  }

  /**
   * Tokens [from, from + count) of a sequence, the last of which are a {@code draft}: guesses at
   * what it says after its last known token. {@code samples}: the entry reaches the last known
   * token, so the next one is chosen; behind a draft that is right the one after it too. {@code
   * scores}: log-probabilities of the prompt tokens after each computed position are asked for
   * (echo). {@code embeds}: the sum of hidden states is. {@code pending}: the one token of the
   * entry is what the sequence samples in the step before, which is under way, so that only the
   * device knows it. {@code samplePosition}: how many tokens the sequence will have generated when
   * this entry samples, the position of its random numbers.
   */
  public record Entry(
      Sequence sequence,
      int from,
      int count,
      boolean samples,
      boolean scores,
      boolean embeds,
      boolean pending,
      int samplePosition,
      Draft draft) {

    public Entry {
      if (!draft.isEmpty() && (!samples || scores || embeds || draft.length() >= count)) {
        throw new IllegalArgumentException(
            "an entry of %d tokens at %d with a draft of %d: drafts stand behind a last known token"
                .formatted(count, from, draft.length()));
      }
      if (pending && count != 1) {
        throw new IllegalArgumentException(
            "an entry of %d tokens at %d: a pending token stands alone".formatted(count, from));
      }
    }

    /** Without a draft. */
    public Entry(
        Sequence sequence,
        int from,
        int count,
        boolean samples,
        boolean scores,
        boolean embeds,
        boolean pending,
        int samplePosition) {
      this(sequence, from, count, samples, scores, embeds, pending, samplePosition, Draft.NONE);
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

    /** The same with a draft behind it. */
    Entry with(Draft draft) {
      return new Entry(
          sequence,
          from,
          count + draft.length(),
          samples,
          scores,
          embeds,
          pending,
          samplePosition,
          draft);
    }

    /** Tokens that are not guessed. */
    public int certain() {
      return count - draft.length();
    }

    /** The token at a position of the sequence: a known one, or the draft's. */
    public int token(int position) {
      int end = from + certain();
      return position < end ? sequence.token(position) : draft.tokens().get(position - end);
    }
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  public int tokens() {
    return tokens(entries);
  }

  static int tokens(List<Entry> entries) {
    return entries.stream().mapToInt(Entry::count).sum();
  }
}
