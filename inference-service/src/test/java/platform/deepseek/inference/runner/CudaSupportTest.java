package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.model.ModelConfig;

/** What only the processor can run is refused for a GPU before anything is loaded. */
class CudaSupportTest {

  private static ModelConfig config(String model) {
    return ModelConfig.fromHuggingFace(Fixtures.path("models/" + model));
  }

  @ParameterizedTest
  @ValueSource(strings = {"deepseek_v2", "deepseek_v3", "deepseek_v3_fp8", "qwen3_moe", "qwen3"})
  void everyArchitectureRunsIn16Bits(String model) {
    for (String precision : new String[] {"auto", "fp16", "bf16"}) {
      assertThatCode(() -> CudaSupport.require(config(model), CudaNumbers.parse(precision)))
          .doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "deepseek_v2, int8, latent attention (MLA)",
    "deepseek_v3_fp8, int4, latent attention (MLA)",
    "qwen3_moe, int8, a mixture of experts",
  })
  void quantisedLatentsAndExpertsAreRefusedWithWhatToDo(
      String model, String precision, String what) {
    assertThatThrownBy(() -> CudaSupport.require(config(model), CudaNumbers.parse(precision)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            what
                + " has no PRECISION="
                + precision
                + " on a GPU here yet, so set PRECISION=fp16 or bf16, or run this model with"
                + " DEVICE=cpu");
  }

  @Test
  void latentsOfAnotherWidthAreRefused() {
    assertThatThrownBy(() -> new LatentHeads(4, 1024, 64, 128, 128, 1))
        .hasMessageContaining("latents of 1024 values (kv_lora_rank)")
        .hasMessageContaining("DEVICE=cpu");
    assertThatThrownBy(() -> new LatentHeads(4, 512, 60, 128, 128, 1))
        .hasMessageContaining("60 turned channels");
  }
}
