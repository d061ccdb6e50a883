package platform.deepseek.inference.engine.draft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowYieldTest {

  @Test
  void nothingIsDraftedThatIsHardlyEverRight() {
    assertThat(alone().worth(0.3, 7)).isZero();
    assertThat(alone().worth(0, 7)).isZero();
  }

  @Test
  void whatIsSurelyRightIsDraftedAsFarAsItMayBe() {
    assertThat(alone().worth(1, 7)).isEqualTo(7);
    assertThat(alone().worth(1, 0)).isZero();
  }

  @Test
  void draftsAreLongerTheMoreOftenTheyAreRight() {
    int before = 0;
    for (double probability = 0.45; probability < 1; probability += 0.1) {
      int count = alone().worth(probability, 100);
      assertThat(count).isGreaterThanOrEqualTo(Math.max(1, before));
      before = count;
    }
    assertThat(before).isGreaterThan(4);
  }

  /** The more rows a step has anyway, the less one more brings against the others. */
  @Test
  void draftsAreShorterTheMoreSequencesRun() {
    int before = 7;
    for (int sequences = 1; sequences <= 64; sequences *= 2) {
      int count = new RowYield(sequences, sequences).worth(0.9, 7);
      assertThat(count).isLessThanOrEqualTo(before);
      before = count;
    }
    assertThat(before).isZero();
  }

  @Test
  void draftsOfOneSequenceMakeThoseOfTheNextDearer() {
    var two = new RowYield(2, 2);
    double before = two.price();
    assertThat(two.worth(0.9, 7)).isPositive();
    assertThat(two.price()).isGreaterThan(before);
  }

  /** What it chooses brings the most tokens for the time of all that it could choose. */
  @ParameterizedTest
  @ValueSource(doubles = {0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99})
  void noOtherLengthWouldBeFaster(double probability) {
    int chosen = alone().worth(probability, 20);
    for (int length = 0; length <= 20; length++) {
      assertThat(speed(probability, length))
          .isLessThanOrEqualTo(speed(probability, chosen) + 1e-12);
    }
  }

  private static RowYield alone() {
    return new RowYield(1, 1);
  }

  private static double speed(double probability, int length) {
    double tokens = 0;
    for (int i = 0; i <= length; i++) {
      tokens += Math.pow(probability, i);
    }
    return tokens / (1 + RowYield.ROW_PRICE * length);
  }
}
