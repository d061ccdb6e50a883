package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;

/** Every tiny checkpoint in float32 against what transformers computes of it. */
class GoldenLogitsTest {

  private static final float TOLERANCE = 1e-3f;
  private static final int GREEDY_TOKENS = 24;
  private static final CpuModelRunner.Limits LIMITS = new CpuModelRunner.Limits(192, 2, 192, 2);

  /** A checkpoint and its golden file, both relative to the fixtures. */
  record Golden(String model, String folder, String json) {

    Path path() {
      return Fixtures.path(model);
    }

    List<JsonNode> prompts() {
      List<JsonNode> prompts = new ArrayList<>();
      Fixtures.json(json).get("prompts").forEach(prompts::add);
      assertThat(prompts).isNotEmpty();
      return prompts;
    }

    float[] floats(JsonNode reference) {
      return Fixtures.floats(folder, reference);
    }

    @Override
    public String toString() {
      return model;
    }
  }

  static Stream<Golden> checkpoints() {
    return Stream.concat(
        Stream.of(
                "qwen2_tied",
                "qwen2_untied",
                "qwen2_bf16",
                "qwen2_sharded",
                "qwen3",
                "llama3_rope",
                "qwen3_moe",
                "deepseek_v2",
                "deepseek_v3",
                "deepseek_v3_fp8")
            .map(name -> "models/" + name)
            .map(folder -> new Golden(folder, folder, folder + "/golden.json")),
        Stream.of(
                "tiny_llama_mixed",
                "tiny_qwen2_q8_0",
                "tiny_deepseek2_v3",
                "tiny_deepseek2_lite",
                "tiny_qwen3moe")
            .map(name -> "gguf/" + name)
            .map(file -> new Golden(file + ".gguf", "gguf", file + ".golden.json")));
  }

  /** Those whose golden files hold the logits of a whole prompt. */
  static Stream<Golden> folders() {
    return checkpoints().filter(golden -> !golden.folder.equals("gguf"));
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void lastLogitsAreTheGoldenOnes(Golden golden) {
    try (Decoder decoder = Decoder.open(golden.path(), Precision.FP32, LIMITS)) {
      for (JsonNode prompt : golden.prompts()) {
        float[] logits = decoder.lastLogits(Fixtures.ints(prompt.get("ids")));
        assertThat(difference(logits, golden.floats(prompt.get("last_logits"))))
            .as(prompt.get("name").textValue())
            .isLessThan(TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void logitsOfEveryPositionAreTheGoldenOnes(Golden golden) {
    try (Decoder decoder = Decoder.open(golden.path(), Precision.FP32, LIMITS)) {
      List<JsonNode> prompts =
          golden.prompts().stream().filter(prompt -> prompt.has("all_logits")).toList();
      assertThat(prompts).isNotEmpty();
      for (JsonNode prompt : prompts) {
        int[] ids = Fixtures.ints(prompt.get("ids"));
        Sequence sequence = decoder.start(0, ids);
        decoder.step(List.of(new Step.Entry(sequence, 0, ids.length, false, true)));
        float[] right = golden.floats(prompt.get("all_logits"));
        int vocabulary = right.length / ids.length;
        for (int position = 0; position < ids.length; position++) {
          assertThat(
                  difference(
                      decoder.logits(position),
                      Arrays.copyOfRange(
                          right, position * vocabulary, (position + 1) * vocabulary)))
              .as("position %d", position)
              .isLessThan(TOLERANCE);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void greedyTokensAreIdenticalAndTheDecodedCacheGivesTheGoldenLogits(Golden golden) {
    try (Decoder decoder = Decoder.open(golden.path(), Precision.FP32, LIMITS)) {
      int compared = 0;
      for (JsonNode prompt : golden.prompts()) {
        Sequence sequence = decoder.start(0, Fixtures.ints(prompt.get("ids")));
        for (int i = 0; i < GREEDY_TOKENS; i++) {
          decoder.next(sequence);
        }
        assertThat(Decoder.generated(sequence))
            .as(prompt.get("name").textValue())
            .isEqualTo(Fixtures.ints(prompt.get("greedy")));
        if (prompt.has("logits_after_greedy")) {
          decoder.next(sequence);
          assertThat(
                  difference(decoder.logits(0), golden.floats(prompt.get("logits_after_greedy"))))
              .isLessThan(TOLERANCE);
          compared++;
        }
      }
      assertThat(compared).isEqualTo(golden.folder.equals("gguf") ? 0 : 1);
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void promptInChunksGivesTheGoldenLogits(Golden golden) {
    try (Decoder decoder = Decoder.open(golden.path(), Precision.FP32, LIMITS)) {
      for (JsonNode prompt : golden.prompts()) {
        int[] ids = Fixtures.ints(prompt.get("ids"));
        for (int chunk : new int[] {1, 7, 16, 64}) {
          decoder.prefill(decoder.start(1, ids), chunk);
          assertThat(difference(decoder.logits(0), golden.floats(prompt.get("last_logits"))))
              .as("%s in chunks of %d", prompt.get("name").textValue(), chunk)
              .isLessThan(TOLERANCE);
        }
      }
    }
  }

  private static float difference(float[] found, float[] right) {
    assertThat(found).hasSameSizeAs(right);
    float largest = 0;
    for (int i = 0; i < right.length; i++) {
      // A comparison that NaN fails.
      if (!(Math.abs(found[i] - right[i]) <= largest)) {
        largest = Math.abs(found[i] - right[i]);
      }
    }
    return largest;
  }
}
