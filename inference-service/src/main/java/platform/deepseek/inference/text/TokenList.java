package platform.deepseek.inference.text;

import java.util.Arrays;

/** Token ids as they are found. */
final class TokenList {

  private final int most;
  private int[] tokens = new int[64];
  private int size;

  /**
   * @param most tokens that anybody wants; what comes behind them need not be found
   */
  TokenList(int most) {
    this.most = most;
  }

  void add(int token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
    }
    tokens[size++] = token;
  }

  void addAll(int[] more) {
    for (int token : more) {
      add(token);
    }
  }

  /** There are more than are wanted. */
  boolean isOver() {
    return size > most;
  }

  int[] toArray() {
    return Arrays.copyOf(tokens, size);
  }
}
