package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.runner.reference.ReferenceDevice;

/**
 * Latent attention and experts in the GPU's graph, on the processor in float32: the same operators,
 * by plain Java kernels, against what transformers computes.
 */
class CudaMixtureTest {

  private static final float TOLERANCE = 1e-3f;
  private static final CudaModelRunner.Limits LIMITS = CudaModelRunner.Limits.of(192, 6, 192);

  private static CudaDecoder open(String name) {
    return CudaDecoder.open(
        Fixtures.path("models/" + name),
        CudaPrecision.FP32,
        LIMITS,
        ReferenceDevice.create().accelerator());
  }

  private static List<JsonNode> prompts(String name) {
    List<JsonNode> prompts = new ArrayList<>();
    Fixtures.json("models/" + name + "/golden.json").get("prompts").forEach(prompts::add);
    return prompts;
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_moe", "deepseek_v2", "deepseek_v3", "deepseek_v3_fp8"})
  void promptsGiveTheGoldenLogitsWholeAndInPieces(String name) {
    try (CudaDecoder decoder = open(name)) {
      for (JsonNode prompt : prompts(name)) {
        int[] ids = Fixtures.ints(prompt.get("ids"));
        float[] right = Fixtures.floats("models/" + name, prompt.get("last_logits"));
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
  @ValueSource(strings = {"qwen3_moe", "deepseek_v2", "deepseek_v3"})
  void sequencesDecodedTogetherGiveTheGoldenTokens(String name) {
    List<JsonNode> golden = prompts(name);
    try (CudaDecoder decoder = open(name)) {
      decoder.runner().warmUp();
      List<int[]> found =
          decoder.greedyTogether(
              golden.stream().map(prompt -> Fixtures.ints(prompt.get("ids"))).toList(), 24);
      for (int i = 0; i < golden.size(); i++) {
        int[] right = Fixtures.ints(golden.get(i).get("greedy"));
        assertThat(found.get(i)).as("prompt %d", i).isEqualTo(Arrays.copyOf(right, 24));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_moe", "deepseek_v3"})
  void promptsAndSingleTokensOfOneStepAndCopiedPrefixesAreAsAlone(String name) {
    List<JsonNode> golden = prompts(name);
    int[] ids = Fixtures.ints(golden.get(2).get("ids"));
    int[] other = Fixtures.ints(golden.get(1).get("ids"));
    float[] right = Fixtures.floats("models/" + name, golden.get(2).get("last_logits"));
    try (CudaDecoder decoder = open(name)) {
      Sequence running = decoder.start(3, ids);
      decoder.step(List.of(new Step.Entry(running, 0, ids.length - 1, false, false)));
      decoder.step(
          List.of(
              new Step.Entry(running, ids.length - 1, 1, true, false),
              new Step.Entry(decoder.start(2, other), 0, other.length, true, false)));
      assertThat(decoder.logits(0)).containsExactly(right, within(TOLERANCE));

      decoder.runner().copyPrefix(3, 0, 16);
      Sequence sequence = decoder.start(0, ids);
      sequence.advance(16);
      decoder.advance(sequence, 192);
      assertThat(decoder.logits(0)).containsExactly(right, within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @CsvSource({"deepseek_v2, 576", "deepseek_v3, 576", "qwen3_moe, 1536"})
  void aTokenTakesTheBytesOfItsLatents(String name, long bytes) {
    ModelConfig config = ModelConfig.fromHuggingFace(Fixtures.path("models/" + name));
    assertThat(config.cachedValues() * Float.BYTES).isEqualTo(bytes);
    int[] ids = Fixtures.ints(prompts(name).get(1).get("ids"));
    try (CudaDecoder decoder = open(name)) {
      long before = decoder.runner().kvMemory().orElseThrow().usedBytes();
      decoder.lastLogits(0, ids, 192);
      assertThat(decoder.runner().kvMemory().orElseThrow().usedBytes() - before)
          .isEqualTo(ids.length * bytes);
    }
  }

  @Test
  void closingGivesAllMemoryBack() {
    HostDevice device = ReferenceDevice.create();
    CudaDecoder.open(
            Fixtures.path("models/deepseek_v3"), CudaPrecision.FP32, LIMITS, device.accelerator())
        .close();
    assertThat(device.allocations()).isZero();
    assertThat(device.open()).isZero();
    assertThat(device.reservations()).isZero();
    assertThat(device.closed()).isTrue();
  }
}
