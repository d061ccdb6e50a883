package platform.deepseek.inference.engine.draft;

import java.util.Arrays;
import java.util.List;

/**
 * What a client says the answer will be, and how far the answer has followed it. An answer that
 * says something else is found again where its latest tokens stand in the prediction.
 */
public final class Prediction {

  /** So many tokens of the answer must stand in the prediction: as many as possible of these. */
  private static final int LONGEST = 3;

  private static final int SHORTEST = 2;

  private final int[] tokens;

  /** The latest tokens of the answer, the newest last. */
  private final int[] latest = new int[LONGEST];

  private int said;
  private int place;
  private boolean followed = true;
  private int accepted;

  /** The array is kept, not copied. */
  public Prediction(int[] tokens) {
    this.tokens = tokens;
  }

  /** The answer has said another token. */
  public void follow(int token) {
    System.arraycopy(latest, 1, latest, 0, LONGEST - 1);
    latest[LONGEST - 1] = token;
    said++;
    if (followed && place < tokens.length && tokens[place] == token) {
      place++;
      accepted++;
    } else {
      findAgain();
    }
  }

  /** Looks behind the place where it was lost first, because what follows is more likely. */
  private void findAgain() {
    for (int count = Math.min(LONGEST, said); count >= SHORTEST; count--) {
      int found = find(count, place);
      if (found < 0) {
        found = find(count, 0);
      }
      if (found >= 0) {
        place = found + count;
        followed = true;
        return;
      }
    }
    followed = false;
  }

  /** The first place from {@code from} on where the latest tokens stand; -1 for nowhere. */
  private int find(int count, int from) {
    for (int i = from; i + count <= tokens.length; i++) {
      if (Arrays.equals(tokens, i, i + count, latest, LONGEST - count, LONGEST)) {
        return i;
      }
    }
    return -1;
  }

  /** The next tokens, {@code most} at most; none where the answer does not follow it. */
  List<Integer> ahead(int most) {
    int end = followed ? Math.min(tokens.length, place + most) : place;
    return Arrays.stream(tokens, place, end).boxed().toList();
  }

  /** Tokens of the answer that were those predicted in their place, so far. */
  public int accepted() {
    return accepted;
  }

  /** Tokens of the prediction that the answer does not have in their place, so far. */
  public int rejected() {
    return Math.max(0, tokens.length - accepted);
  }
}
