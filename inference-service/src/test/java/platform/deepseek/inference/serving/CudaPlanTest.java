package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaPrecision;

class CudaPlanTest {

  private static final long GIB = 1L << 30;

  private final ModelConfig config =
      ModelConfig.fromHuggingFace(Path.of("src/test/resources/fixtures/models/qwen2_tied"));

  private CudaPlan plan(OptionalInt context, int maxBatch, long free, long allowed) {
    return CudaPlan.of(config, CudaPrecision.FP16, context, maxBatch, 256, free, allowed);
  }

  @Test
  void twiceAsManySlotsAsSequencesAreTakenWhereTheyFit() {
    assertThat(plan(OptionalInt.of(128), 4, 8 * GIB, Long.MAX_VALUE))
        .isEqualTo(new CudaPlan(128, 8));
  }

  @Test
  void fewerSlotsAreTakenWhereMemoryIsShort() {
    long slot = CudaModelRunner.cacheBytes(config, CudaPrecision.FP16, 1, 128);

    assertThat(plan(OptionalInt.of(128), 4, 8 * GIB, 5 * slot + 1).slots()).isEqualTo(5);
  }

  @Test
  void contextIsWhatEverySequenceCanHave() {
    long allowed = CudaModelRunner.cacheBytes(config, CudaPrecision.FP16, 4, 95);

    assertThat(plan(OptionalInt.empty(), 4, 8 * GIB, allowed)).isEqualTo(new CudaPlan(95, 4));
    assertThat(plan(OptionalInt.empty(), 4, 8 * GIB, Long.MAX_VALUE).context())
        .isEqualTo(config.context());
  }

  @Test
  void whatDoesNotFitIsRefusedWithItsNumbers() {
    assertThatThrownBy(() -> plan(OptionalInt.of(128), 4, GIB, Long.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the GPU has 1,024 MiB free: 0 MiB for weights and 1,02")
        .hasMessageContaining("MAX_BATCH_SIZE=4 slots of CONTEXT=128 tokens need")
        .hasMessageEndingWith("lower CONTEXT or MAX_BATCH_SIZE, or take a larger GPU");
  }
}
