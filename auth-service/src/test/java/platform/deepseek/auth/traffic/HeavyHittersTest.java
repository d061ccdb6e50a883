package platform.deepseek.auth.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeavyHittersTest {

  @Test
  void countsAreExactWhileThereIsRoom() {
    HeavyHitters hitters = new HeavyHitters(100);
    for (int i = 0; i < 1_000; i++) {
      hitters.add("source" + i % 100, 3);
    }
    assertThat(hitters.counts()).hasSize(100).allSatisfy((s, n) -> assertThat(n).isEqualTo(30));
  }

  @Test
  void aFloodOfOthersNeitherHidesAHeavyOneNorTakesMemory() {
    Random random = new Random(11);
    HeavyHitters hitters = new HeavyHitters(256);
    Map<String, Long> truth = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      String source = i % 50 == 0 ? "heavy" : "light" + random.nextInt(1_000_000);
      hitters.add(source, 1);
      truth.merge(source, 1L, Long::sum);
      assertThat(hitters.size()).isLessThanOrEqualTo(256);
    }
    hitters.counts().forEach((source, n) -> assertThat(n).isLessThanOrEqualTo(truth.get(source)));
    assertThat(hitters.count("heavy")).isBetween(4_000L - 2 * 200_000 / 256, 4_000L);
  }
}
