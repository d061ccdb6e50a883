package platform.deepseek.inference.engine.draft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.kv.HashedTokens;

class DrafterTest {

  private final HashedTokens text = new HashedTokens("", 4, new int[] {1, 2, 3, 4, 5, 9});

  @Test
  void whatFollowedTheLatestTokensIsGuessed() {
    assertThat(guessAfter(drafter(), 1, 2, 3)).containsExactly(4, 5, 9, 1);
  }

  @Test
  void twoTokensAreEnoughAndOneIsNot() {
    Drafter drafter = drafter();
    assertThat(guessAfter(drafter, 2)).isEmpty();
    assertThat(guessAfter(drafter, 3)).containsExactly(4, 5, 9, 2);
  }

  @Test
  void latestPlaceIsTheOneThatIsRead() {
    assertThat(guessAfter(drafter(), 1, 2, 7, 8, 1, 2)).containsExactly(7, 8, 1, 2);
  }

  /** Where the text ends the guess is read on, so a repetition is guessed as far as wanted. */
  @Test
  void repetitionGoesOn() {
    assertThat(guessAfter(drafter(), 7, 7, 7)).containsExactly(7, 7, 7, 7);
    assertThat(guessAfter(drafter(), 5, 6, 5, 6, 5)).containsExactly(6, 5, 6, 5);
  }

  @Test
  void predictionIsGuessedFromItsBeginningAndGoesBeforeTheLookup() {
    Drafter drafter = drafter(1, 2, 30, 31, 32, 33, 34);
    assertThat(drafter.guess(4))
        .isEqualTo(new Draft(DraftSource.PREDICTION, List.of(1, 2, 30, 31)));
    assertThat(guessAfter(drafter, 1, 2)).containsExactly(30, 31, 32, 33);
    assertThat(guessAfter(drafter, 30, 31, 32, 33)).containsExactly(34);
  }

  @Test
  void answerThatLeftThePredictionIsFoundAgainBehindThatPlace() {
    Drafter drafter = drafter(20, 21, 22, 23, 20, 21, 24, 25, 26);
    guessAfter(drafter, 20, 21, 22, 70);
    assertThat(drafter.guess(4).source()).isEqualTo(DraftSource.PROMPT_LOOKUP);
    assertThat(guessAfter(drafter, 20)).isEmpty();
    assertThat(guessAfter(drafter, 21)).containsExactly(24, 25, 26);
    guessAfter(drafter, 24, 25, 26);
    assertThat(drafter.guess(4).source()).isEqualTo(DraftSource.PROMPT_LOOKUP);
  }

  @Test
  void answerThatReturnsToAnEarlierPlaceIsFoundThere() {
    Drafter drafter = drafter(20, 21, 22, 23);
    guessAfter(drafter, 20, 21, 22, 23, 70);
    assertThat(guessAfter(drafter, 20, 21)).containsExactly(22, 23);
  }

  @Test
  void whatThePredictionSaidBeforehandIsAccepted() {
    var prediction = new Prediction(new int[] {20, 21, 22, 23, 20, 21, 24, 25, 26});
    for (int token : new int[] {20, 21, 22, 70, 20, 21}) {
      prediction.follow(token);
    }
    assertThat(prediction.accepted()).isEqualTo(3);
    assertThat(prediction.rejected()).isEqualTo(6);
    for (int token : new int[] {24, 25, 26, 27}) {
      prediction.follow(token);
    }
    assertThat(prediction.accepted()).isEqualTo(6);
    assertThat(prediction.rejected()).isEqualTo(3);
  }

  /** The prompt proves itself by guesses that nobody computes. */
  @Test
  void sourceIsBelievedByHowOftenItWasRight() {
    Drafter drafter = drafter();
    guessAfter(drafter, 1, 2);
    double atFirst = drafter.acceptance();
    guessAfter(drafter, 3, 4, 5);
    assertThat(drafter.acceptance()).isGreaterThan(atFirst);
    double before = drafter.acceptance();
    guessAfter(drafter, 80);
    guessAfter(drafter, 3, 4);
    guessAfter(drafter, 81);
    assertThat(drafter.acceptance()).isLessThan(before);
  }

  @Test
  void tokensBehindAWrongOneAreNotJudged() {
    Drafter drafter = drafter(20, 21, 22, 23);
    drafter.guess(4);
    drafter.chosen(70);
    double once = drafter.acceptance();
    drafter.chosen(21);
    drafter.chosen(22);
    assertThat(drafter.acceptance()).isEqualTo(once);
  }

  private Drafter drafter(int... prediction) {
    return new Drafter(text, prediction);
  }

  private List<Integer> guessAfter(Drafter drafter, int... tokens) {
    for (int token : tokens) {
      text.append(token);
      drafter.chosen(token);
    }
    return drafter.guess(4).tokens();
  }
}
