package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.ops.KvCache;

class MemoryPlanTest {

  private final ModelConfig config =
      ModelConfig.fromHuggingFace(Path.of("src/test/resources/fixtures/models/qwen2_tied"));
  private final long blockBytes =
      16 * KvCache.bytesPerToken(config.layers(), config.kvHeads(), config.headDim());

  @Test
  void plentyOfMemoryGivesTwiceTheBatchInWholeSlots() {
    assertThat(MemoryPlan.of(config, 100, 4, 1L << 40)).isEqualTo(new MemoryPlan(8, 8 * 7));
  }

  @Test
  void littleMemoryLimitsTheBlocksAndNotTheSlots() {
    assertThat(MemoryPlan.of(config, 96, 4, 10 * blockBytes + 1)).isEqualTo(new MemoryPlan(8, 10));
  }

  @Test
  void contextThatDoesNotFitIsRefusedWithWhatToChange() {
    assertThatThrownBy(() -> MemoryPlan.of(config, 96, 4, 6 * blockBytes - 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("CONTEXT=96 needs ")
        .hasMessageEndingWith("lower CONTEXT or raise deepseek.kv-memory");
    assertThat(MemoryPlan.of(config, 96, 4, 6 * blockBytes).blocks()).isEqualTo(6);
  }

  @Test
  void affordableTokensAreWholeBlocks() {
    assertThat(MemoryPlan.affordableTokens(config, 3 * blockBytes - 1)).isEqualTo(32);
    assertThat(MemoryPlan.affordableTokens(config, 3 * blockBytes)).isEqualTo(48);
  }
}
