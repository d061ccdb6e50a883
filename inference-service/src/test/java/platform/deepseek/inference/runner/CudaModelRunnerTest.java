package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.runner.reference.ReferenceDevice;

/**
 * The GPU's graph and bookkeeping on the processor, in float32: the same operators, by their
 * processor's kernels, against what transformers computes.
 */
class CudaModelRunnerTest {

  private static final float TOLERANCE = 1e-3f;
  private static final CudaModelRunner.Limits LIMITS = CudaModelRunner.Limits.of(192, 6, 192);

  private static CudaDecoder open(String model) {
    return open(model, ReferenceDevice.create());
  }

  private static CudaDecoder open(String model, WeightFormat format, HostDevice device) {
    return CudaDecoder.open(
        Fixtures.path(model),
        new CudaNumbers(CudaPrecision.FP32, format),
        LIMITS,
        device.accelerator());
  }

  private static CudaDecoder open(String model, HostDevice device) {
    return CudaDecoder.open(Fixtures.path(model), CudaPrecision.FP32, LIMITS, device.accelerator());
  }

  /** No block has room for rows, so all runs are the graph's. */
  private static HostDevice withoutFewRows() {
    return ReferenceDevice.create().mostSharedMemory(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "qwen2_tied",
        "qwen2_untied",
        "qwen2_bf16",
        "qwen2_sharded",
        "qwen3",
        "llama3_rope"
      })
  void promptsGiveTheGoldenLogitsWholeAndInPiecesInAnySlot(String name) {
    String folder = "models/" + name;
    try (CudaDecoder decoder = open(folder)) {
      for (JsonNode prompt : Fixtures.json(folder + "/golden.json").get("prompts")) {
        int[] ids = Fixtures.ints(prompt.get("ids"));
        float[] right = Fixtures.floats(folder, prompt.get("last_logits"));
        int slot = 0;
        for (int piece : new int[] {192, 1, 7, 64}) {
          assertThat(decoder.lastLogits(slot++, ids, piece))
              .as("%s in pieces of %d", prompt.get("name").textValue(), piece)
              .containsExactly(right, within(TOLERANCE));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny_llama_mixed", "tiny_qwen2_q8_0"})
  void quantisedFilesGiveTheGoldenLogits(String name) {
    try (CudaDecoder decoder = open("gguf/" + name + ".gguf")) {
      for (JsonNode prompt : Fixtures.json("gguf/" + name + ".golden.json").get("prompts")) {
        assertThat(decoder.lastLogits(2, Fixtures.ints(prompt.get("ids")), 192))
            .containsExactly(Fixtures.floats("gguf", prompt.get("last_logits")), within(TOLERANCE));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2_untied", "qwen3"})
  void theGraphDecodesFewRowsAsTheFusedProductsDo(String name) {
    JsonNode prompt = Fixtures.json("models/" + name + "/golden.json").get("prompts").get(1);
    int[] ids = Fixtures.ints(prompt.get("ids"));
    int[] right = Fixtures.ints(prompt.get("greedy"));
    HostDevice fused = ReferenceDevice.create();
    HostDevice graph = withoutFewRows();
    try (CudaDecoder few = open("models/" + name, fused);
        CudaDecoder any = open("models/" + name, graph)) {
      assertThat(few.greedy(0, ids, right.length)).isEqualTo(right);
      assertThat(any.greedy(0, ids, right.length)).isEqualTo(right);
      assertThat(few.logits(0)).containsExactly(any.logits(0), within(TOLERANCE));
    }
    assertThat(fused.launches("few_rows_norm_product")).isPositive();
    assertThat(graph.launches("few_rows_norm_product")).isZero();
  }

  @Test
  void aWarmUpRecordsEverySizeAndLeavesNothingInSlots() {
    JsonNode prompt = Fixtures.json("models/qwen2_tied/golden.json").get("prompts").get(1);
    int[] ids = Fixtures.ints(prompt.get("ids"));
    int[] right = Fixtures.ints(prompt.get("greedy"));
    HostDevice device = ReferenceDevice.create();
    try (CudaDecoder decoder = open("models/qwen2_tied", device)) {
      long mapped = decoder.runner().kvMemory().orElseThrow().mappedBytes();
      // 1, 2, 4 and 6 rows.
      assertThat(decoder.runner().warmUp()).isEqualTo(4);
      assertThat(decoder.runner().kvMemory().orElseThrow().mappedBytes()).isEqualTo(mapped);
      assertThat(decoder.greedy(0, ids, right.length)).isEqualTo(right);
      assertThat(device.launchedGraphs()).isPositive();
    }
  }

  @Test
  void aDeviceThatIsLostWhenASlotShrinksIsToldAsLost() {
    HostDevice device = ReferenceDevice.create();
    try (CudaDecoder decoder = open("models/qwen2_tied", device)) {
      decoder.lastLogits(0, new int[] {1, 2, 3, 4}, 192);
      device.lose();
      assertThatThrownBy(() -> decoder.runner().trim(0, 1))
          .isInstanceOf(DeviceLostException.class)
          .hasMessageContaining("ILLEGAL_ADDRESS");
    }
  }

  /** Its matrices are in blocks already, so nothing is lost, whole or one by one. */
  @Test
  void aFileOfEightBitBlocksGivesTheGoldenLogitsInInt8() {
    try (CudaDecoder decoder =
        open("gguf/tiny_qwen2_q8_0.gguf", WeightFormat.INT8, ReferenceDevice.create())) {
      for (JsonNode prompt : Fixtures.json("gguf/tiny_qwen2_q8_0.golden.json").get("prompts")) {
        float[] right = Fixtures.floats("gguf", prompt.get("last_logits"));
        int[] ids = Fixtures.ints(prompt.get("ids"));
        assertThat(decoder.lastLogits(2, ids, 192)).containsExactly(right, within(TOLERANCE));
        assertThat(decoder.lastLogits(0, ids, 1)).containsExactly(right, within(TOLERANCE));
      }
    }
  }

  /** Random weights have nothing to make up for noise: a bit less is twice of it. */
  @ParameterizedTest
  @CsvSource({
    "qwen2_tied, INT8, 0.05",
    "qwen3, INT8, 0.05",
    "llama3_rope, INT8, 0.05",
    "qwen2_bf16, INT4, 0.6",
    "qwen3, INT4, 0.6",
    "llama3_rope, INT4, 0.6"
  })
  void quantisedModelsStayNearTheGoldenLogits(String name, WeightFormat format, double bound) {
    String folder = "models/" + name;
    try (CudaDecoder decoder = open(folder, format, ReferenceDevice.create())) {
      for (JsonNode prompt : Fixtures.json(folder + "/golden.json").get("prompts")) {
        float[] found = decoder.lastLogits(0, Fixtures.ints(prompt.get("ids")), 192);
        float[] right = Fixtures.floats(folder, prompt.get("last_logits"));
        assertThat(noise(found, right)).isBetween(1e-4, bound);
      }
    }
  }

  /** The root of the mean square of differences, relative to that of what is right. */
  private static double noise(float[] found, float[] right) {
    double differences = 0;
    double squares = 0;
    for (int i = 0; i < right.length; i++) {
      differences += Math.pow(found[i] - right[i], 2);
      squares += Math.pow(right[i], 2);
    }
    return Math.sqrt(differences / squares);
  }

  /** Fused products and dequantised matrices are the same numbers. */
  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"INT8", "INT4"})
  void quantisedPromptsSinglesAndMixedStepsAgree(WeightFormat format) {
    JsonNode golden = Fixtures.json("models/qwen3/golden.json").get("prompts");
    int[] ids = Fixtures.ints(golden.get(1).get("ids"));
    int[] other = Fixtures.ints(golden.get(2).get("ids"));
    HostDevice device = ReferenceDevice.create();
    try (CudaDecoder decoder = open("models/qwen3", format, device)) {
      float[] whole = decoder.lastLogits(0, ids, 192);
      String kernel = format.prefix + "few_rows_norm_swiglu_product";
      assertThat(device.launches(kernel)).isZero();
      assertThat(decoder.lastLogits(1, ids, 1)).containsExactly(whole, within(TOLERANCE));
      assertThat(device.launches(kernel)).isPositive();

      Sequence running = decoder.start(3, Arrays.copyOf(ids, ids.length));
      decoder.step(List.of(new Step.Entry(running, 0, ids.length - 1, false, false)));
      Sequence prompt = decoder.start(2, other);
      decoder.step(
          List.of(
              new Step.Entry(running, ids.length - 1, 1, true, false),
              new Step.Entry(prompt, 0, other.length, true, false)));
      assertThat(decoder.logits(0)).containsExactly(whole, within(TOLERANCE));
    }
  }

  @Test
  void moreSequencesThanTheFusedProductsTakeAreDecodedByTheGraph() {
    JsonNode golden = Fixtures.json("models/qwen2_tied/golden.json").get("prompts");
    HostDevice device = ReferenceDevice.create();
    List<int[]> prompts = new ArrayList<>();
    List<int[]> right = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      // The first prompt is a single token, which is a run of one row.
      JsonNode prompt = golden.get(1 + i % (golden.size() - 1));
      prompts.add(Fixtures.ints(prompt.get("ids")));
      right.add(Arrays.copyOf(Fixtures.ints(prompt.get("greedy")), 12));
    }
    try (CudaDecoder decoder =
        CudaDecoder.open(
            Fixtures.path("models/qwen2_tied"),
            CudaPrecision.FP32,
            CudaModelRunner.Limits.of(192, 9, 192),
            device.accelerator())) {
      assertThat(decoder.greedyTogether(prompts, 12)).containsExactlyElementsOf(right);
      assertThat(device.launches("few_rows_norm_product")).isZero();
      assertThat(decoder.greedyTogether(prompts.subList(0, 8), 12))
          .containsExactlyElementsOf(right.subList(0, 8));
      assertThat(device.launches("few_rows_norm_product")).isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2_tied", "qwen3"})
  void sequencesDecodedTogetherGiveTheGoldenTokens(String name) {
    String folder = "models/" + name;
    List<int[]> prompts = new ArrayList<>();
    List<int[]> right = new ArrayList<>();
    for (JsonNode prompt : Fixtures.json(folder + "/golden.json").get("prompts")) {
      prompts.add(Fixtures.ints(prompt.get("ids")));
      right.add(Fixtures.ints(prompt.get("greedy")));
    }
    try (CudaDecoder decoder = open(folder)) {
      List<int[]> found = decoder.greedyTogether(prompts, 24);
      for (int i = 0; i < right.size(); i++) {
        assertThat(found.get(i)).as("prompt %d", i).isEqualTo(right.get(i));
      }
    }
  }

  @Test
  void idleSlotsKeepWhatTheyHold() {
    JsonNode golden = Fixtures.json("models/qwen2_tied/golden.json").get("prompts");
    int[] waiting = Fixtures.ints(golden.get(2).get("ids"));
    int[] busy = Fixtures.ints(golden.get(1).get("ids"));
    try (CudaDecoder decoder = open("models/qwen2_tied")) {
      Sequence idle = decoder.start(1, waiting);
      decoder.advance(idle, waiting.length);
      decoder.greedy(4, busy, 24);
      List<Integer> tokens = new ArrayList<>(List.of(CudaDecoder.generated(idle)[0]));
      while (tokens.size() < 24) {
        tokens.add(decoder.advance(idle, 1));
      }
      assertThat(tokens.stream().mapToInt(Integer::intValue).toArray())
          .isEqualTo(Fixtures.ints(golden.get(2).get("greedy")));
    }
  }

  @Test
  void aCopiedPrefixIsContinuedLikeItsOrigin() {
    JsonNode prompt = Fixtures.json("models/qwen2_tied/golden.json").get("prompts").get(2);
    int[] ids = Fixtures.ints(prompt.get("ids"));
    try (CudaDecoder decoder = open("models/qwen2_tied")) {
      decoder.lastLogits(5, ids, 192);
      decoder.runner().copyPrefix(5, 0, 16);
      Sequence sequence = decoder.start(0, ids);
      sequence.advance(16);
      decoder.advance(sequence, 192);
      assertThat(decoder.logits(0))
          .containsExactly(
              Fixtures.floats("models/qwen2_tied", prompt.get("last_logits")), within(TOLERANCE));
    }
  }

  @Test
  void aStepOfPromptsAndSingleTokensAnswersInTheOrderOfItsEntries() {
    JsonNode golden = Fixtures.json("models/qwen3/golden.json").get("prompts");
    int[] first = Fixtures.ints(golden.get(1).get("ids"));
    int[] second = Fixtures.ints(golden.get(2).get("ids"));
    int[] third = Fixtures.ints(golden.get(0).get("ids"));
    try (CudaDecoder decoder = open("models/qwen3")) {
      Sequence running = decoder.start(3, first);
      decoder.advance(running, 192);
      Sequence prompt = decoder.start(0, second);
      Sequence single = decoder.start(2, third);
      int[] samples =
          decoder.step(
              List.of(
                  new Step.Entry(prompt, 0, second.length, true, false),
                  new Step.Entry(running, first.length, 1, true, false),
                  new Step.Entry(single, 0, third.length, true, false)));
      assertThat(samples)
          .containsExactly(
              golden.get(2).get("greedy").get(0).intValue(),
              golden.get(1).get("greedy").get(1).intValue(),
              golden.get(0).get("greedy").get(0).intValue());
    }
  }

  @Test
  void scoresAndHiddenStatesAreThoseOfTheProcessorsRunner() {
    int[] ids =
        Fixtures.ints(
            Fixtures.json("models/qwen2_tied/golden.json").get("prompts").get(2).get("ids"));
    try (CudaDecoder decoder = open("models/qwen2_tied");
        Decoder processor =
            Decoder.open(
                Fixtures.path("models/qwen2_tied"),
                Precision.FP32,
                new CpuModelRunner.Limits(192, 2, 192, 2))) {
      assertThat(decoder.negativeLogLikelihood(ids))
          .isCloseTo(processor.negativeLogLikelihood(ids), within(1e-2));
      assertThat(decoder.hiddenSum(1, ids, 10))
          .containsExactly(processor.hiddenSum(1, ids, 10), within(1e-2));
    }
  }

  @Test
  void closingGivesAllMemoryBack() {
    HostDevice device = ReferenceDevice.create();
    CudaDecoder decoder =
        CudaDecoder.open(
            Fixtures.path("models/qwen2_tied"), CudaPrecision.FP32, LIMITS, device.accelerator());
    assertThat(device.allocations()).isGreaterThan(5);
    decoder.close();
    assertThat(device.allocations()).isZero();
    assertThat(device.closed()).isTrue();
  }
}
