package platform.deepseek.inference.engine.draft;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.kv.HashedTokens;

/**
 * Guesses what one sequence says next, and learns how often it is right. A guess need not be
 * computed to be judged, only compared with the tokens that were chosen: so a source is tried on
 * paper until it has proved itself, and text without repetitions is not slowed down by drafts that
 * nobody believes in.
 */
public final class Drafter {

  /** A client who sends a prediction means it; a repetition has to prove itself. */
  private static final double PREDICTION_AT_FIRST = 0.8;

  private static final double LOOKUP_AT_FIRST = 0.25;

  private final PromptLookup lookup;
  private final Prediction prediction;
  private final Map<DraftSource, Acceptance> acceptances = new EnumMap<>(DraftSource.class);
  private Draft guess = Draft.NONE;
  private int judged;

  /**
   * @param text what the sequence has said and was told, as it grows
   * @param predicted what the client says the answer will be; may be empty
   */
  public Drafter(HashedTokens text, int[] predicted) {
    lookup = new PromptLookup(text);
    prediction = new Prediction(predicted);
    acceptances.put(DraftSource.PREDICTION, new Acceptance(PREDICTION_AT_FIRST));
    acceptances.put(DraftSource.PROMPT_LOOKUP, new Acceptance(LOOKUP_AT_FIRST));
  }

  /** What may come next, {@code most} tokens at most; judged by those that are chosen from here. */
  public Draft guess(int most) {
    List<Integer> predicted = prediction.ahead(most);
    guess =
        predicted.isEmpty()
            ? new Draft(DraftSource.PROMPT_LOOKUP, lookup.ahead(most))
            : new Draft(DraftSource.PREDICTION, predicted);
    judged = 0;
    return guess;
  }

  /** How likely a token of the guess is right where those before it are. */
  public double acceptance() {
    return acceptances.get(guess.source()).probability();
  }

  /** A token was chosen. */
  public void chosen(int token) {
    if (judged < guess.length()) {
      boolean right = guess.tokens().get(judged) == token;
      acceptances.get(guess.source()).judged(right);
      judged = right ? judged + 1 : guess.length();
    }
    prediction.follow(token);
  }
}
