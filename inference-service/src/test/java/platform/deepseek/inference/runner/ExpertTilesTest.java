package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.MixtureOfExperts.Routing;
import platform.deepseek.inference.model.MixtureOfExperts.Scoring;

class ExpertTilesTest {

  private static MixtureOfExperts mixture(int experts, int chosen) {
    return new MixtureOfExperts(
        experts, chosen, 64, 0, new BitSet(), new Routing(Scoring.SOFTMAX, false, 1, 1, true, 1));
  }

  @Test
  void largeTilesAreForManyRowsOfAnExpert() {
    MixtureOfExperts mixture = mixture(64, 6);
    int hopper = 227 << 10;
    assertThat(ExpertTiles.of(mixture, 255, hopper)).isEqualTo(ExpertTiles.FEW);
    assertThat(ExpertTiles.of(mixture, 256, hopper)).isEqualTo(ExpertTiles.SOME);
    assertThat(ExpertTiles.of(mixture, 1366, hopper)).isEqualTo(ExpertTiles.MANY);
    assertThat(ExpertTiles.of(mixture, 1366, 99 << 10)).isEqualTo(ExpertTiles.SOME);
  }

  /** As expert_products.cu says: eight stages of 80 rows, three of 192 or 256, 144 bytes each. */
  @Test
  void sharedMemoryIsThatOfTheStages() {
    assertThat(ExpertTiles.FEW.sharedBytes()).isEqualTo(8 * 80 * 144).isLessThan(99 << 10);
    assertThat(ExpertTiles.SOME.sharedBytes()).isEqualTo(3 * 192 * 144).isLessThan(99 << 10);
    assertThat(ExpertTiles.MANY.sharedBytes()).isEqualTo(3 * 256 * 144);
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
