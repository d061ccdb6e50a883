package platform.deepseek.inference.grammar;

import java.util.Arrays;
import platform.deepseek.inference.sampling.LogitMask;

/**
 * An immutable set of tokens in chunks of 4,096, shared where masks agree: most masks of a grammar
 * are either nearly empty or nearly the same.
 */
final class TokenMask implements LogitMask {

  private static final int WORDS_SHIFT = 6;
  private static final int WORDS = 1 << WORDS_SHIFT;
  private static final long[] EMPTY = new long[WORDS];

  private final long[][] chunks;

  private TokenMask(long[][] chunks) {
    this.chunks = chunks;
  }

  @Override
  public long word(int word) {
    int chunk = word >> WORDS_SHIFT;
    return chunk < chunks.length ? chunks[chunk][word & WORDS - 1] : 0;
  }

  /** What it takes of memory, less the chunks shared with another one, which may be null. */
  long bytesBeside(TokenMask other) {
    long bytes = 8L * chunks.length;
    for (int c = 0; c < chunks.length; c++) {
      boolean shared = chunks[c] == EMPTY || other != null && chunks[c] == other.chunks[c];
      bytes += shared ? 0 : 8L * WORDS;
    }
    return bytes;
  }

  boolean isEmpty() {
    for (long[] chunk : chunks) {
      for (long word : chunk) {
        if (word != 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Gathers tokens; chunks taken from other masks are copied when they are first written to. */
  static final class Builder {

    private final long[][] chunks;
    private final boolean[] own;

    /**
     * @param tokens the size of the vocabulary
     */
    Builder(int tokens) {
      chunks = new long[(tokens + 64 * WORDS - 1) / (64 * WORDS)][];
      own = new boolean[chunks.length];
      Arrays.fill(chunks, EMPTY);
    }

    void add(int token) {
      int chunk = token >> 6 + WORDS_SHIFT;
      long bit = 1L << token;
      int word = token >> 6 & WORDS - 1;
      if ((chunks[chunk][word] & bit) == 0) {
        writable(chunk)[word] |= bit;
      }
    }

    void addAll(TokenMask mask) {
      for (int c = 0; c < chunks.length; c++) {
        long[] more = mask.chunks[c];
        if (more == EMPTY || more == chunks[c]) {
          continue;
        }
        if (chunks[c] == EMPTY) {
          chunks[c] = more;
          continue;
        }
        long[] chunk = writable(c);
        for (int w = 0; w < WORDS; w++) {
          chunk[w] |= more[w];
        }
      }
    }

    private long[] writable(int chunk) {
      if (!own[chunk]) {
        chunks[chunk] = chunks[chunk].clone();
        own[chunk] = true;
      }
      return chunks[chunk];
    }

    /** The builder may go on: what it has given away it does not write to. */
    TokenMask build() {
      Arrays.fill(own, false);
      return new TokenMask(chunks.clone());
    }
  }
}
