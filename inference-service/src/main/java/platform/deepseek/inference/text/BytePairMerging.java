package platform.deepseek.inference.text;

import java.util.Arrays;

/*
 * The tokens of one word. Of all neighbours that can be joined those go first that were learned
 * first, and of equal ones the leftmost; then the neighbours of what they became are looked at
 * again. Looking through the whole word for each join would take its square: a queue holds what
 * can be joined, so a word of n bytes takes n log n, and the word may be the whole text. Short
 * words, which nearly all are, are quicker without a queue.
 *
 * What is in the queue may be out of date, because one of the two was joined elsewhere: it counts
 * only while the pair at its place still has its rank.
 */
/** Byte-pair encoding of one word at a time; serves one thread. */
final class BytePairMerging {

  /** In place of a byte's token where the vocabulary has none: the byte is left out. */
  static final int NOTHING = -1;

  private static final int SHORT = 24;
  private static final int NO_RANK = Integer.MAX_VALUE;

  private final MergeTable merges;
  private final int[] tokenOfByte;
  private final int[] shortTokens = new int[SHORT];
  private final int[] shortRanks = new int[SHORT];

  /**
   * @param tokenOfByte the token of each byte by itself, or NOTHING
   */
  BytePairMerging(MergeTable merges, int[] tokenOfByte) {
    this.merges = merges;
    this.tokenOfByte = tokenOfByte;
  }

  int[] tokens(byte[] word) {
    return word.length <= SHORT ? ofShort(word) : new Joining(word).tokens();
  }

  private int[] ofShort(byte[] word) {
    int[] tokens = shortTokens;
    int[] ranks = shortRanks;
    int length = fill(word, tokens);
    for (int i = 0; i + 1 < length; i++) {
      ranks[i] = rank(tokens[i], tokens[i + 1]);
    }
    while (true) {
      int best = -1;
      int lowest = NO_RANK;
      for (int i = 0; i + 1 < length; i++) {
        if (ranks[i] < lowest) {
          lowest = ranks[i];
          best = i;
        }
      }
      if (best < 0) {
        return Arrays.copyOf(tokens, length);
      }
      tokens[best] = merges.joined(merges.find(tokens[best], tokens[best + 1]));
      length--;
      System.arraycopy(tokens, best + 2, tokens, best + 1, length - best - 1);
      System.arraycopy(ranks, best + 1, ranks, best, Math.max(0, length - best - 1));
      if (best > 0) {
        ranks[best - 1] = rank(tokens[best - 1], tokens[best]);
      }
      if (best + 1 < length) {
        ranks[best] = rank(tokens[best], tokens[best + 1]);
      }
    }
  }

  /** How many of the bytes have a token. */
  private int fill(byte[] word, int[] tokens) {
    int length = 0;
    for (byte value : word) {
      int token = tokenOfByte[value & 0xff];
      if (token != NOTHING) {
        tokens[length++] = token;
      }
    }
    return length;
  }

  private int rank(int left, int right) {
    int found = merges.find(left, right);
    return found == MergeTable.NONE ? NO_RANK : merges.rank(found);
  }

  /** A word of any length: its tokens as a list whose members know their neighbours. */
  private final class Joining {

    private static final int NOBODY = -1;
    private static final int GONE = -1;

    private final int[] tokens;
    private final int length;
    private final int[] before;
    private final int[] after;
    private final RankQueue queue;

    Joining(byte[] word) {
      tokens = new int[word.length];
      length = fill(word, tokens);
      before = new int[length];
      after = new int[length];
      for (int i = 0; i < length; i++) {
        before[i] = i - 1;
        after[i] = i + 1 < length ? i + 1 : NOBODY;
      }
      queue = new RankQueue(length);
      for (int i = 0; i < length; i++) {
        offer(i);
      }
    }

    private void offer(int place) {
      if (place != NOBODY && after[place] != NOBODY) {
        int rank = rank(tokens[place], tokens[after[place]]);
        if (rank != NO_RANK) {
          queue.add(rank, place);
        }
      }
    }

    int[] tokens() {
      int left = length;
      while (!queue.isEmpty()) {
        int rank = queue.rank();
        int place = queue.place();
        queue.remove();
        if (tokens[place] == GONE || after[place] == NOBODY) {
          continue;
        }
        int next = after[place];
        int found = merges.find(tokens[place], tokens[next]);
        if (found == MergeTable.NONE || merges.rank(found) != rank) {
          continue;
        }
        tokens[place] = merges.joined(found);
        tokens[next] = GONE;
        after[place] = after[next];
        if (after[place] != NOBODY) {
          before[after[place]] = place;
        }
        left--;
        offer(before[place]);
        offer(place);
      }
      int[] joined = new int[left];
      int count = 0;
      for (int place = 0; count < left; place = after[place]) {
        joined[count++] = tokens[place];
      }
      return joined;
    }
  }
}
