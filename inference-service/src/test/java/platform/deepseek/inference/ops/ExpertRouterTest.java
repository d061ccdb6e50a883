package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Choices worked out by hand. */
class ExpertRouterTest {

  private static final float[] NO_CORRECTION = {};

  @Test
  void qwenChoosesTheMostProbableAndMakesTheirWeightsSumToOne() {
    var router = new ExpertRouter(4, 2, false, NO_CORRECTION, 1, 1, true, 1);

    Choice choice = route(router, log(0.1), log(0.5), log(0.15), log(0.25));

    assertThat(choice.experts).containsExactly(1, 3);
    assertThat(choice.weights[0]).isCloseTo(2 / 3f, within(1e-6f));
    assertThat(choice.weights[1]).isCloseTo(1 / 3f, within(1e-6f));
  }

  @Test
  void withoutNormalisingWeightsAreTheProbabilitiesTimesTheFactor() {
    var router = new ExpertRouter(4, 2, false, NO_CORRECTION, 1, 1, false, 16);

    assertThat(route(router, log(0.1), log(0.5), log(0.15), log(0.25)).weights)
        .containsExactly(8, 4);
  }

  /** The best experts stand in three groups, of which two count: each as much as its best. */
  @Test
  void groupsOfSecondGenerationAreAsGoodAsTheirBestExpert() {
    var router = new ExpertRouter(6, 3, false, NO_CORRECTION, 3, 2, false, 1);

    Choice choice = route(router, log(0.30), log(0.02), log(0.20), log(0.19), log(0.26), log(0.03));

    assertThat(choice.experts).containsExactly(0, 4, 5);
  }

  @Test
  void groupsOfThirdGenerationAreAsGoodAsTheirBestTwo() {
    var router = new ExpertRouter(6, 2, true, new float[6], 3, 1, false, 1);

    Choice choice = route(router, logit(0.9), logit(0.1), logit(0.6), logit(0.5), logit(0.7), 0);

    assertThat(choice.experts).containsExactly(4, 5);
    assertThat(choice.weights).containsExactly(0.7f, 0.5f);
  }

  @Test
  void theCorrectionDecidesTheChoiceAndNotTheWeights() {
    float[] correction = {0, 0, 0.5f, 0};
    var router = new ExpertRouter(4, 2, true, correction, 1, 1, true, 2.5f);

    Choice choice = route(router, logit(0.6), logit(0.5), logit(0.2), logit(0.3));

    assertThat(choice.experts).containsExactly(2, 0);
    assertThat(choice.weights[0]).isCloseTo(2.5f * 0.2f / 0.8f, within(1e-6f));
    assertThat(choice.weights[1]).isCloseTo(2.5f * 0.6f / 0.8f, within(1e-6f));
  }

  /** A negative correction must not make an expert of a dropped group look better than it. */
  @Test
  void expertsOfDroppedGroupsAreNotChosenWhateverTheCorrection() {
    float[] correction = {-3, -3, -9, -9};
    var router = new ExpertRouter(4, 2, true, correction, 2, 1, true, 1);

    assertThat(route(router, 0, 0, 0, 0).experts).containsExactly(0, 1);
  }

  @Test
  void equalScoresGoToTheLowerNumber() {
    var router = new ExpertRouter(8, 3, true, new float[8], 4, 2, true, 1);

    assertThat(route(router, 1, 1, 1, 1, 1, 1, 1, 1).experts).containsExactly(0, 1, 2);
  }

  @Test
  void scoresThatAreNotNumbersAreAnErrorAndNoAnswer() {
    var router = new ExpertRouter(2, 1, false, NO_CORRECTION, 1, 1, true, 1);

    assertThatThrownBy(() -> route(router, Float.NaN, Float.NaN))
        .isInstanceOf(ArithmeticException.class)
        .hasMessage("the router's scores are not numbers");
  }

  private record Choice(int[] experts, float[] weights) {}

  /** Writes to the middle of longer arrays, as rows of a batch do. */
  private static Choice route(ExpertRouter router, float... logits) {
    int[] experts = new int[router.chosen() + 2];
    float[] weights = new float[router.chosen() + 2];
    Arrays.fill(experts, -1);
    router.route(logits, experts, weights, 1);
    assertThat(experts[0]).isEqualTo(-1);
    assertThat(experts[router.chosen() + 1]).isEqualTo(-1);
    return new Choice(
        Arrays.copyOfRange(experts, 1, router.chosen() + 1),
        Arrays.copyOfRange(weights, 1, router.chosen() + 1));
  }

  private static float log(double probability) {
    return (float) Math.log(probability);
  }

  private static float logit(double probability) {
    return (float) Math.log(probability / (1 - probability));
  }
}
