package platform.deepseek.inference.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

class Philox4x32Test {

  /** The known answers of the Random123 library, file kat_vectors, philox4x32 with 10 rounds. */
  @Test
  void generatesTheKnownAnswers() {
    assertThat(generate(new int[4], 0, 0))
        .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    assertThat(generate(new int[] {-1, -1, -1, -1}, -1, -1))
        .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    assertThat(
            generate(
                new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0))
        .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  @Test
  void uniformNumbersFillTheUnitIntervalEvenly() {
    int[] bins = new int[64];
    int draws = 64 * 1000;
    for (int position = 0; position < draws; position++) {
      double u = Philox4x32.uniform(42, position);
      assertThat(u).isBetween(0.0, Math.nextDown(1.0));
      bins[(int) (u * bins.length)]++;
    }

    double chiSquare = 0;
    for (int count : bins) {
      chiSquare += Math.pow(count - 1000.0, 2) / 1000;
    }
    assertThat(chiSquare).isLessThan(103.4); // 63 degrees of freedom, p = 0.001
  }

  @Test
  void bothHalvesOfTheSeedAndThePositionMatter() {
    var seen = new HashSet<Double>();
    for (int position = 0; position < 10; position++) {
      for (long seed : new long[] {0, 1, -1, 1L << 32, 1L << 63}) {
        seen.add(Philox4x32.uniform(seed, position));
      }
    }
    assertThat(seen).hasSize(50);
  }

  private static int[] generate(int[] block, int key0, int key1) {
    Philox4x32.generate(block, key0, key1);
    return block;
  }
}
