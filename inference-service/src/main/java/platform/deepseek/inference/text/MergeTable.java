package platform.deepseek.inference.text;

import java.util.Arrays;

/**
 * What two neighbouring tokens are joined to, and how early: open addressing over pairs of ids,
 * because this is what byte-pair encoding asks most.
 */
final class MergeTable {

  static final int NONE = -1;

  private static final long EMPTY = -1;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] joined;
  private final int mask;

  /**
   * @param most pairs to be put
   */
  MergeTable(int most) {
    int slots = Integer.highestOneBit(Math.max(most, 1)) << 2;
    pairs = new long[slots];
    Arrays.fill(pairs, EMPTY);
    ranks = new int[slots];
    joined = new int[slots];
    mask = slots - 1;
  }

  /** A pair that is put again has its last rank. */
  void put(int left, int right, int rank, int token) {
    long pair = pair(left, right);
    int slot = slot(pair);
    pairs[slot] = pair;
    ranks[slot] = rank;
    joined[slot] = token;
  }

  /** Where the pair stands, or NONE. */
  int find(int left, int right) {
    long pair = pair(left, right);
    int slot = slot(pair);
    return pairs[slot] == pair ? slot : NONE;
  }

  /** Lower ones are joined first. */
  int rank(int found) {
    return ranks[found];
  }

  /** The token that a pair becomes. */
  int joined(int found) {
    return joined[found];
  }

  private int slot(long pair) {
    long mixed = pair * 0x9E3779B97F4A7C15L;
    int slot = (int) (mixed >>> 32) & mask;
    while (pairs[slot] != pair && pairs[slot] != EMPTY) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }
}
