package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.model.GgufOfFolder;
import platform.deepseek.inference.model.GgufOfFolder.Form;
import platform.deepseek.inference.runner.reference.ReferenceDevice;
import platform.deepseek.inference.weights.DType;

/** DeepSeek-V2, V3 and Qwen3-MoE from GGUF files, in both forms and in the types they come in. */
class GgufMixtureTest {

  private static final float TOLERANCE = 1e-3f;
  private static final CpuModelRunner.Limits LIMITS = new CpuModelRunner.Limits(192, 2, 192, 2);
  private static final int[] PROMPT = IntStream.range(0, 40).map(i -> i * 37 % 500).toArray();

  /** Rows of whole super-blocks, but for the experts' own, as V2-Lite's are not. */
  private static final RandomMixture.Shape WIDE =
      new RandomMixture.Shape(3, 256, 512, 4, 256, 16, 4, 96, 512);

  @TempDir static Path random;
  @TempDir Path folder;

  @BeforeAll
  static void writeRandomModels() throws IOException {
    RandomMixture.writeDeepseek(random.resolve("deepseek"), WIDE);
    RandomMixture.writeQwen(random.resolve("qwen"), WIDE);
  }

  private static List<Path> randomModels() {
    return List.of(random.resolve("deepseek"), random.resolve("qwen"));
  }

  @ParameterizedTest
  @CsvSource({
    "deepseek_v2, HALVES, 0",
    "deepseek_v2, WHOLE, 0",
    "deepseek_v3_fp8, HALVES, 1",
    "deepseek_v3_fp8, WHOLE, 0",
    "qwen3_moe, WHOLE, 0"
  })
  void float32FilesGiveTheGoldenLogitsAndTokens(String model, Form form, int further)
      throws IOException {
    Path file = folder.resolve("model.gguf");
    GgufOfFolder.of(Fixtures.path("models/" + model)).form(form).furtherLayers(further).write(file);

    try (Decoder decoder = Decoder.open(file, Precision.FP32, LIMITS)) {
      for (JsonNode prompt : prompts(model)) {
        int[] ids = Fixtures.ints(prompt.get("ids"));
        float[] right = Fixtures.floats("models/" + model, prompt.get("last_logits"));
        assertThat(decoder.lastLogits(ids)).containsExactly(right, within(TOLERANCE));
        assertThat(decoder.greedy(ids, 24)).isEqualTo(Fixtures.ints(prompt.get("greedy")));
      }
    }
  }

  /** The same blocks, and the numbers that they stand for. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F16", "Q8_0", "Q4_0", "Q4_K", "Q6_K"})
  void quantisedFilesEqualTheirDequantisedRun(DType type) throws IOException {
    for (Path model : randomModels()) {
      Path quantised = folder.resolve(model.getFileName() + ".gguf");
      GgufOfFolder.of(model).types((role, layer) -> type).write(quantised);
      Path numbers = Dequantized.write(quantised, folder.resolve("numbers.gguf"));

      float[] right = logits(numbers, Precision.FP32);

      assertThat(logits(quantised, Precision.FP32)).containsExactly(right, within(TOLERANCE));
      assertThat(error(logits(quantised, Precision.AUTO), right))
          .as("%s in %s", model.getFileName(), type)
          .isLessThan(type == DType.Q4_0 || type == DType.Q4_K ? 0.1 : 0.02);
    }
  }

  /** What is stored in 8 bits keeps its integers; so does an expert beside one in 4 bits. */
  @Test
  void filesOfMixedTypesAreNearTheirDequantisedRun() throws IOException {
    for (Path model : randomModels()) {
      Path mixed = folder.resolve(model.getFileName() + ".gguf");
      GgufOfFolder.of(model)
          .types(
              (role, layer) ->
                  switch (role) {
                    case EXPERT_UP -> layer == 1 ? DType.Q6_K : DType.Q4_K;
                    case EXPERT_DOWN, V_B -> DType.Q8_0;
                    case HEAD, V -> DType.Q6_K;
                    default -> DType.Q4_K;
                  })
          .write(mixed);
      Path numbers = Dequantized.write(mixed, folder.resolve("numbers.gguf"));

      assertThat(error(logits(mixed, Precision.AUTO), logits(numbers, Precision.FP32)))
          .isLessThan(0.1);
    }
  }

  /** The GPU's graph, with its kernels in plain Java. */
  @ParameterizedTest
  @CsvSource({"deepseek_v2, HALVES", "deepseek_v3_fp8, HALVES", "deepseek_v2, WHOLE"})
  void theGpusGraphGivesTheGoldenLogits(String model, Form form) throws IOException {
    Path file = folder.resolve("model.gguf");
    GgufOfFolder.of(Fixtures.path("models/" + model)).form(form).write(file);
    try (CudaDecoder decoder =
        CudaDecoder.open(
            file,
            CudaPrecision.FP32,
            CudaModelRunner.Limits.of(192, 2, 192),
            ReferenceDevice.create().accelerator())) {
      for (JsonNode prompt : prompts(model)) {
        float[] right = Fixtures.floats("models/" + model, prompt.get("last_logits"));
        assertThat(decoder.lastLogits(0, Fixtures.ints(prompt.get("ids")), 64))
            .containsExactly(right, within(TOLERANCE));
      }
    }
  }

  private static List<JsonNode> prompts(String model) {
    List<JsonNode> prompts = new ArrayList<>();
    Fixtures.json("models/" + model + "/golden.json").get("prompts").forEach(prompts::add);
    assertThat(prompts).isNotEmpty();
    return prompts;
  }

  private static float[] logits(Path file, Precision precision) {
    try (Decoder decoder = Decoder.open(file, precision, LIMITS)) {
      return decoder.lastLogits(PROMPT);
    }
  }

  /** Of the whole vocabulary, in parts of its length. */
  private static double error(float[] found, float[] right) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < right.length; i++) {
      error += Math.pow(found[i] - (double) right[i], 2);
      size += Math.pow(right[i], 2);
    }
    return Math.sqrt(error / size);
  }
}
