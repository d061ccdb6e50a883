package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.WeightRole;

class CudaNumbersTest {

  @ParameterizedTest
  @CsvSource({
    "auto, FP16, PUBLISHED, FP16",
    "fp16, FP16, PUBLISHED, FP16",
    "BF16, BF16, PUBLISHED, BF16",
    "int8, FP16, INT8, INT8",
    "Int4, FP16, INT4, INT4"
  })
  void aConfiguredValueSaysHowWeightsLieAndWhatIsComputedIn(
      String text, CudaPrecision elements, WeightFormat matrices, String name) {
    assertThat(CudaNumbers.parse(text))
        .isEqualTo(new CudaNumbers(elements, matrices))
        .hasToString(name);
  }

  @ParameterizedTest
  @CsvSource({
    "deepseek-v2-lite, fp16, weights in fp16",
    "deepseek-v2-lite, int8, 'experts in blocks of 8 bits, other weights in fp16'",
    "deepseek-v3, int4, 'experts in blocks of 4 bits, other weights in fp16'",
    "qwen2_tied, int4, 'matrices of layers in blocks of 4 bits, other weights in fp16'"
  })
  void theLogSaysWhichWeightsAreInWhichNumbers(String model, String precision, String words) {
    Path published = Path.of("../deploy/plan", model);
    ModelConfig config =
        ModelConfig.fromHuggingFace(
            Files.exists(published) ? published : Fixtures.path("models/" + model));
    assertThat(CudaNumbers.parse(precision).describe(config)).isEqualTo(words);
  }

  @Test
  void whatTheGpuDoesNotComputeInIsRefused() {
    assertThatThrownBy(() -> CudaNumbers.parse("fp32"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("PRECISION=fp32 is not one of auto, fp16, bf16, int8, int4 with DEVICE=cuda");
  }

  @Test
  void quantisedMatricesTakeTheirBitsAndTheirFactors() {
    ModelConfig config = ModelConfig.fromHuggingFace(Fixtures.path("models/llama3_rope"));
    long numbers =
        config.layers()
            * ((config.queryRows() + 2L * config.keyRows()) * config.hidden()
                + (long) config.hidden() * config.queryRows()
                + 3L * config.hidden() * config.intermediate());
    long fp16 = CudaModelRunner.weightBytes(config, CudaNumbers.parse("fp16"));

    assertThat(fp16 - CudaModelRunner.weightBytes(config, CudaNumbers.parse("int8")))
        .isEqualTo(2 * numbers - numbers * 34 / 32);
    assertThat(fp16 - CudaModelRunner.weightBytes(config, CudaNumbers.parse("int4")))
        .isEqualTo(2 * numbers - numbers * 20 / 32);
    assertThat(CudaModelRunner.matrixBytes(config, CudaNumbers.parse("fp16"))).isZero();
    assertThat(CudaModelRunner.matrixBytes(config, CudaNumbers.parse("int4")))
        .isEqualTo(2L * 2 * config.hidden() * 2 * config.intermediate());
  }

  /** 64 routed and two shared experts in each of 26 layers, which are 15 billion of 15.7. */
  @Test
  void ofV2LiteTheExpertsAreQuantisedAndMultipliedAsTheyLie() {
    ModelConfig lite = ModelConfig.fromHuggingFace(Path.of("../deploy/plan/deepseek-v2-lite"));
    long numbers = 26L * 66 * 3 * 2048 * 1408;
    long fp16 = CudaModelRunner.weightBytes(lite, CudaNumbers.parse("fp16"));

    assertThat(fp16 - CudaModelRunner.weightBytes(lite, CudaNumbers.parse("int8")))
        .isEqualTo(2 * numbers - numbers * 34 / 32);
    assertThat(fp16 - CudaModelRunner.weightBytes(lite, CudaNumbers.parse("int4")))
        .isEqualTo(2 * numbers - numbers * 20 / 32);
    assertThat(CudaModelRunner.matrixBytes(lite, CudaNumbers.parse("int4"))).isZero();
    assertThat(CudaNumbers.parse("int8").format(WeightRole.O, lite))
        .isEqualTo(WeightFormat.PUBLISHED);
    assertThat(CudaNumbers.parse("int8").format(WeightRole.SHARED_DOWN, lite))
        .isEqualTo(WeightFormat.INT8);
  }
}
