package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real model (135 million parameters, Q4_1) against float32 on its dequantised weights. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SmolLm2NumericsTest {

  private static final int WINDOW = 512;
  private static final CpuModelRunner.Limits LIMITS = new CpuModelRunner.Limits(512, 40, 512, 2);

  private final List<JsonNode> items = new ArrayList<>();
  private final JsonNode likelihoods = Fixtures.json("smollm2/nll.json");
  private Decoder float32;

  SmolLm2NumericsTest() {
    Fixtures.json("smollm2/golden.json").get("prompts").forEach(items::add);
    assertThat(items).hasSize(40);
  }

  @AfterAll
  void close() {
    if (float32 != null) {
      float32.close();
    }
  }

  /** Half a gigabyte of weights: opened once for the tests that need it. */
  private Decoder float32() {
    if (float32 == null) {
      float32 = Decoder.open(Fixtures.demoModel(), Precision.FP32, LIMITS);
    }
    return float32;
  }

  @Test
  void float32HasTheTwentyBestLogits() {
    for (JsonNode item : items) {
      float[] logits = float32().lastLogits(ids(item));
      for (JsonNode best : item.get("float32").get("last_top20")) {
        assertThat(logits[best.get(0).intValue()])
            .as("%s, token %d", item.get("name").textValue(), best.get(0).intValue())
            .isCloseTo(best.get(1).floatValue(), within(1e-2f));
      }
    }
  }

  @Test
  void float32IsIdenticalWhereverTheMarginIsNotRounding() {
    assertThat(partAtMargins(float32())).allMatch(margin -> margin <= 1e-2);
  }

  @Test
  void quantizedModelPartsFromFloat32OnlyAtSmallMargins() {
    try (Decoder decoder = Decoder.open(Fixtures.demoModel(), Precision.AUTO, LIMITS)) {
      assertThat(partAtMargins(decoder)).allMatch(margin -> margin <= 0.5);
    }
  }

  @Test
  void float32LikelihoodOfWindowsIsTheReferences() {
    for (int window : new int[] {0, 7}) {
      double found = float32().negativeLogLikelihood(windows().get(window));
      double right = likelihoods.get("float32_nll_sum_by_window").get(window).doubleValue();
      // 0.1 % of perplexity is 0.001 of the mean over 511 tokens.
      assertThat(found).isCloseTo(right, within(0.001 * (WINDOW - 1)));
    }
  }

  /** Bounds on perplexity above float32's, in percent; measured values are printed. */
  @ParameterizedTest
  @CsvSource({"AUTO, 0.34", "INT8, 0.1", "INT4, 3"})
  void perplexityStaysNearThatOfFloat32(Precision precision, double percent) {
    double sum = 0;
    try (Decoder decoder = Decoder.open(Fixtures.demoModel(), precision, LIMITS)) {
      for (int[] window : windows()) {
        sum += decoder.negativeLogLikelihood(window);
      }
    }
    double perplexity = Math.exp(sum / likelihoods.get("scored_tokens").intValue());
    double reference = likelihoods.get("float32_perplexity").doubleValue();
    double above = 100 * (perplexity / reference - 1);
    System.out.printf(
        "perplexity %s: %.5f, %+.3f %% against float32's %.5f%n",
        precision, perplexity, above, reference);
    assertThat(above).isBetween(-0.5, percent);
  }

  private List<int[]> windows() {
    List<int[]> windows = Decoder.windows(Fixtures.ints(likelihoods.get("ids")), WINDOW);
    assertThat(windows).hasSize(likelihoods.get("windows").intValue());
    return windows;
  }

  /** The reference's margin at the first token where each item parts from it, if it does. */
  private List<Double> partAtMargins(Decoder decoder) {
    List<int[]> found = decoder.greedyTogether(items.stream().map(i -> ids(i)).toList(), 32);
    List<Double> margins = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      JsonNode reference = items.get(i).get("float32");
      int[] right = Fixtures.ints(reference.get("greedy"));
      assertThat(right).hasSameSizeAs(found.get(i));
      int parting = java.util.Arrays.mismatch(right, found.get(i));
      if (parting >= 0) {
        margins.add(reference.get("greedy_margin").get(parting).doubleValue());
      }
    }
    System.out.printf(
        "greedy parts from float32 in %d of 40, at margins %s%n", margins.size(), margins);
    return margins;
  }

  private static int[] ids(JsonNode item) {
    return Fixtures.ints(item.get("ids"));
  }
}
