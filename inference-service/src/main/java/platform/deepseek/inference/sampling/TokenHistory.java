package platform.deepseek.inference.sampling;

import java.util.Arrays;

/**
 * What penalties and randomness need to know of a sequence: the prompt's tokens, how often each
 * token was generated, and how many were. Not thread safe.
 */
public final class TokenHistory {
  private final int[] prompt;
  private int[] promptSet;
  private int[] generated = new int[16];
  private int[] counts = new int[16];
  private int distinct;
  private int position;

  /** The array is kept, not copied. */
  public TokenHistory(int[] prompt) {
    this.prompt = prompt;
  }

  public void add(int token) {
    position++;
    for (int i = 0; i < distinct; i++) {
      if (generated[i] == token) {
        counts[i]++;
        return;
      }
    }
    if (distinct == generated.length) {
      generated = Arrays.copyOf(generated, 2 * distinct);
      counts = Arrays.copyOf(counts, 2 * distinct);
    }
    generated[distinct] = token;
    counts[distinct++] = 1;
  }

  /** Tokens generated so far: the position of the next one. */
  public int position() {
    return position;
  }

  public int count(int token) {
    for (int i = 0; i < distinct; i++) {
      if (generated[i] == token) {
        return counts[i];
      }
    }
    return 0;
  }

  /** Distinct generated tokens, in the order of their first use. */
  public int distinct() {
    return distinct;
  }

  /** The i-th distinct generated token. */
  public int token(int i) {
    return generated[i];
  }

  /** How often {@code token(i)} was generated. */
  public int countAt(int i) {
    return counts[i];
  }

  /** Distinct tokens of the prompt, ascending, not to be changed; sorted at the first question. */
  public int[] promptSet() {
    if (promptSet == null) {
      promptSet = Arrays.stream(prompt).sorted().distinct().toArray();
    }
    return promptSet;
  }

  public boolean inPrompt(int token) {
    return Arrays.binarySearch(promptSet(), token) >= 0;
  }
}
