package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.model.ModelConfig;

/** What only the processor can run is refused for a GPU before anything is loaded. */
class CudaSupportTest {

  @ParameterizedTest
  @CsvSource({
    "deepseek_v2, latent attention (MLA) has",
    "deepseek_v3_fp8, latent attention (MLA) has",
    "qwen3_moe, mixtures of experts have",
  })
  void modelsWithoutAFormOnAGpuAreRefusedWithWhatToDo(String model, String what) {
    ModelConfig config = ModelConfig.fromHuggingFace(Fixtures.path("models/" + model));

    assertThatThrownBy(() -> CudaModelRunner.requireSupported(config, CudaNumbers.parse("bf16")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(what + " no form on a GPU here yet, so run this model with DEVICE=cpu");
  }
}
