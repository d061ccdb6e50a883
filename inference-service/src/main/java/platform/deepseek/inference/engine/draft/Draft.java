package platform.deepseek.inference.engine.draft;

import java.util.List;

/** Tokens that a sequence may say next, in this order; somebody's guess. */
public record Draft(DraftSource source, List<Integer> tokens) {

  /** What a lookup brings that finds nothing. */
  public static final Draft NONE = new Draft(DraftSource.PROMPT_LOOKUP, List.of());

  public Draft {
    tokens = List.copyOf(tokens);
  }

  public boolean isEmpty() {
    return tokens.isEmpty();
  }

  public int length() {
    return tokens.size();
  }

  /** Its beginning. */
  public Draft first(int count) {
    return new Draft(source, tokens.subList(0, count));
  }
}
