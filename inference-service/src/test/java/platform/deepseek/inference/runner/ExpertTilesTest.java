package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.MixtureOfExperts.Routing;
import platform.deepseek.inference.model.MixtureOfExperts.Scoring;

class ExpertTilesTest {

  /** Of compute capability 8.6, an A10's, and of 9.0. */
  private static final int AMPERE = 99 << 10;

  private static final int HOPPER = 227 << 10;

  private static MixtureOfExperts mixture(int experts, int chosen) {
    return new MixtureOfExperts(
        experts, chosen, 64, 0, new BitSet(), new Routing(Scoring.SOFTMAX, false, 1, 1, true, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "0, PUBLISHED, FEW, FEW",
    "23, PUBLISHED, FEW, FEW",
    "24, PUBLISHED, SOME, SOME",
    "47, INT8, FEW, FEW",
    "48, INT4, SOME, SOME",
    "127, INT8, SOME, SOME",
    "128, PUBLISHED, SOME, MANY",
    "128, INT8, MANY, MANY",
    "5000, INT4, MANY, MANY"
  })
  void tilesGrowWithTheRowsOfAnExpertAsFarAsABlockHasRoom(
      int rows, WeightFormat format, ExpertTiles onAmpere, ExpertTiles onHopper) {
    assertThat(ExpertTiles.of(rows, format, AMPERE)).isEqualTo(onAmpere);
    assertThat(ExpertTiles.of(rows, format, HOPPER)).isEqualTo(onHopper);
  }

  /** As expert_products.cu says: eight stages of 80 rows, three of 192 or 256, 144 bytes each. */
  @Test
  void sharedMemoryIsThatOfTheStages() {
    assertThat(ExpertTiles.FEW.sharedBytes(WeightFormat.PUBLISHED)).isEqualTo(8 * 80 * 144);
    assertThat(ExpertTiles.SOME.sharedBytes(WeightFormat.PUBLISHED)).isEqualTo(3 * 192 * 144);
    assertThat(ExpertTiles.MANY.sharedBytes(WeightFormat.PUBLISHED)).isEqualTo(3 * 256 * 144);
    assertThat(ExpertTiles.FEW.sharedBytes(WeightFormat.INT8)).isEqualTo(4 * (16 * 272 + 64 * 136));
    assertThat(ExpertTiles.FEW.sharedBytes(WeightFormat.INT4)).isEqualTo(5 * (16 * 288 + 64 * 80));
    assertThat(ExpertTiles.SOME.sharedBytes(WeightFormat.INT8))
        .isEqualTo(4 * (64 * 144 + 128 * 68));
    assertThat(ExpertTiles.MANY.sharedBytes(WeightFormat.INT4))
        .isEqualTo(3 * (128 * 160 + 128 * 40));
    for (WeightFormat format : WeightFormat.values()) {
      assertThat(ExpertTiles.FEW.sharedBytes(format)).isLessThan(AMPERE);
      assertThat(ExpertTiles.SOME.sharedBytes(format)).isLessThan(AMPERE);
    }
  }

  @Test
  void anExpertThatAllRowsUseHasSmallTilesForLonger() {
    assertThat(ExpertTiles.ofAll(1, WeightFormat.INT8, HOPPER)).isEqualTo(ExpertTiles.FEW);
    assertThat(ExpertTiles.ofAll(191, WeightFormat.INT4, HOPPER)).isEqualTo(ExpertTiles.FEW);
    assertThat(ExpertTiles.ofAll(192, WeightFormat.INT4, AMPERE)).isEqualTo(ExpertTiles.SOME);
    assertThat(ExpertTiles.ofAll(2047, WeightFormat.INT8, HOPPER)).isEqualTo(ExpertTiles.SOME);
    assertThat(ExpertTiles.ofAll(2048, WeightFormat.INT8, HOPPER)).isEqualTo(ExpertTiles.MANY);
  }

  @Test
  void noChoiceNeedsMoreTilesThanAreCounted() {
    Random random = new Random(3);
    for (int round = 0; round < 300; round++) {
      int experts = 1 + random.nextInt(40);
      int chosen = 1 + random.nextInt(experts);
      int rows = 1 + random.nextInt(200);
      MixtureOfExperts mixture = mixture(experts, chosen);
      int favourites = chosen + random.nextInt(experts - chosen + 1);
      int[] counts = new int[experts];
      for (int row = 0; row < rows; row++) {
        random.ints(0, favourites).distinct().limit(chosen).forEach(expert -> counts[expert]++);
      }
      for (ExpertTiles tiles : ExpertTiles.values()) {
        int needed = 0;
        for (int count : counts) {
          needed += Math.ceilDiv(count, tiles.rows);
        }
        assertThat(needed).isLessThanOrEqualTo(tiles.most(mixture, rows));
      }
    }
  }
}
