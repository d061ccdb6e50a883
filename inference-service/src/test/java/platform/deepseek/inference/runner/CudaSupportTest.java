package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
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
  @ValueSource(strings = {"deepseek-v2-lite", "deepseek-v2", "deepseek-v3", "qwen3-30b-a3b"})
  void expertsOfPublishedModelsRunIn8And4Bits(String model) {
    ModelConfig config = ModelConfig.fromHuggingFace(Path.of("../deploy/plan", model));
    for (String precision : new String[] {"int8", "int4"}) {
      assertThatCode(() -> CudaSupport.require(config, CudaNumbers.parse(precision)))
          .doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "deepseek_v2, int8, 24, 48",
    "deepseek_v3_fp8, int4, 24, 24",
    "qwen3_moe, int8, 24, 0"
  })
  void quantisedExpertsOfOtherWidthsAreRefusedWithWhatToDo(
      String model, String precision, int channels, int shared) {
    assertThatThrownBy(() -> CudaSupport.require(config(model), CudaNumbers.parse(precision)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "experts of %d channels, shared ones of %d, in rows of 64; on a GPU PRECISION=%s needs"
                    .formatted(channels, shared, precision)
                + " multiples of 64, so set PRECISION=fp16");
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
