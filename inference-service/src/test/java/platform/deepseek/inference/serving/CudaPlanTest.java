package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaPrecision;

class CudaPlanTest {

  private static final long GIB = 1L << 30;
  private static final long PAGE = 2 << 20;

  private final ModelConfig config =
      ModelConfig.fromHuggingFace(Path.of("src/test/resources/fixtures/models/qwen2_tied"));
  private final long block = 16 * CudaModelRunner.tokenBytes(config, CudaPrecision.FP16);

  private CudaPlan plan(OptionalInt context, int maxBatch, long free, long allowed) {
    return CudaPlan.of(config, CudaPrecision.FP16, context, maxBatch, 256, PAGE, free, allowed);
  }

  @Test
  void twiceAsManySlotsAsSequencesShareAllBlocksWhereTheyFit() {
    assertThat(plan(OptionalInt.of(128), 4, 8 * GIB, GIB))
        .isEqualTo(new CudaPlan(128, 8, 8 * 8, GIB));
  }

  @Test
  void blocksAreWhatIsLeftWhenEverySlotEndsInTheMiddleOfAPage() {
    CudaPlan plan = plan(OptionalInt.of(config.context()), 200, 16 * GIB, 5 * GIB);
    assertThat(plan.slots()).isEqualTo((int) (5 * GIB / 8 / (PAGE + block))).isEqualTo(319);

    CudaPlan few = plan(OptionalInt.of(config.context()), 2, 8 * GIB, 3 * (PAGE + block));
    assertThat(few.slots()).isEqualTo(2);
    assertThat(few.kvBlocks()).isEqualTo(2 * config.context() / 16);
  }

  @Test
  void slotsGiveWayToTheContext() {
    int context = config.context();
    long blocks = Math.ceilDiv(context, 16);
    long smallPages = 4096;
    long allowed = 5 * (smallPages + block) + blocks * block + smallPages - 1;
    CudaPlan plan =
        CudaPlan.of(
            config,
            CudaPrecision.FP16,
            OptionalInt.of(context),
            4,
            256,
            smallPages,
            8 * GIB,
            allowed);
    assertThat(plan.slots()).isBetween(4, 5);
    assertThat(plan.kvBlocks()).isGreaterThanOrEqualTo((int) blocks);
    assertThat(plan.kvBytes() % smallPages).isZero();
  }

  @Test
  void contextIsWhatOneSequenceHasMemoryFor() {
    long smallPages = 4096;
    long allowed = 4 * (smallPages + block) + 3 * block + smallPages;
    CudaPlan plan =
        CudaPlan.of(
            config, CudaPrecision.FP16, OptionalInt.empty(), 4, 256, smallPages, 8 * GIB, allowed);
    assertThat(plan.context()).isEqualTo(48);
    assertThat(plan.kvBlocks()).isEqualTo(3);
    assertThat(plan(OptionalInt.empty(), 4, 8 * GIB, Long.MAX_VALUE).context())
        .isEqualTo(config.context());
  }

  /** However tokens are spread over slots within the blocks, their pages fit the bytes. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whatTheEnginePlacesFits(long seed) {
    Random random = new Random(seed);
    for (int trial = 0; trial < 200; trial++) {
      long page = 4096L << random.nextInt(4);
      int maxBatch = 1 + random.nextInt(6);
      long allowed = 20 * (page + block) + random.nextLong(40 * block);
      CudaPlan plan =
          CudaPlan.of(
              config,
              CudaPrecision.FP16,
              OptionalInt.empty(),
              maxBatch,
              256,
              page,
              8 * GIB,
              allowed);
      assertThat(plan.kvBytes()).isLessThanOrEqualTo(allowed);
      long mapped = 0;
      int left = plan.kvBlocks();
      for (int slot = 0; slot < plan.slots(); slot++) {
        int most = Math.min(left, Math.ceilDiv(plan.context(), 16));
        int blocks = random.nextInt(most + 1);
        left -= blocks;
        // A token behind a full last block may be written in vain.
        long bytes = blocks == 0 ? 0 : (blocks + 1) * block;
        mapped += Math.ceilDiv(bytes, page) * page;
      }
      assertThat(mapped).isLessThanOrEqualTo(plan.kvBytes());
    }
  }

  @Test
  void nearlyAllOfALargeGpuIsForKeysAndValues() {
    CudaPlan plan = plan(OptionalInt.empty(), 256, 140 * GIB, Long.MAX_VALUE);
    assertThat(plan.slots()).isEqualTo(512);
    assertThat(plan.kvBlocks()).isEqualTo(512 * Math.ceilDiv(config.context(), 16));
    assertThat(plan.kvBytes()).isBetween(138 * GIB, 139 * GIB);
  }

  @Test
  void whatDoesNotFitIsRefusedWithItsNumbers() {
    assertThatThrownBy(() -> plan(OptionalInt.of(128), 4, GIB, Long.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the GPU has 1,024 MiB free: 0 MiB for weights and 1,02")
        .hasMessageContaining(
            "one sequence of CONTEXT=128 tokens with MAX_BATCH_SIZE=4 slots needs")
        .hasMessageEndingWith("lower CONTEXT or MAX_BATCH_SIZE, or take a larger GPU");
  }
}
