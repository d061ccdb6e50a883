package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatentBlocksTest {

  private static final int A100 = 163 << 10;
  private static final int RTX_4090 = 99 << 10;

  private static LatentHeads heads(int count) {
    return new LatentHeads(count, 512, 64, 128, 128, 1);
  }

  /** As latent_attention.cu counts: queries and two blocks of vectors, weights, maxima and sums. */
  @ParameterizedTest
  @CsvSource({
    "16, 16, 16, 1, 1",
    "4, 16, 4, 1, 4",
    "20, 64, 20, 1, 3",
    "64, 64, 64, 1, 1",
    "128, 64, 64, 2, 1",
    "100, 64, 64, 2, 1"
  })
  void singlesTakeAsFewRowsAsTheirHeadsFill(
      int count, int rows, int together, int units, int tokens) {
    LatentBlocks blocks = LatentBlocks.ofSingles(heads(count), A100);

    assertThat(blocks).isEqualTo(new LatentBlocks(rows, together, units));
    assertThat(blocks.tokens()).isEqualTo(tokens);
    assertThat(blocks.units() * blocks.heads()).isGreaterThanOrEqualTo(count);
    int stride = 576 * 2 + 16;
    assertThat(blocks.sharedBytes(heads(count)))
        .isEqualTo((rows + 64) * stride + rows * 80 + 2 * 4 * rows * 4);
  }

  @ParameterizedTest
  @CsvSource({A100 + ", 64", RTX_4090 + ", 16"})
  void promptsTakeAsManyRowsAsSharedMemoryHolds(int sharedMemory, int rows) {
    for (int count : new int[] {16, 128}) {
      LatentBlocks blocks = LatentBlocks.ofPrompts(heads(count), sharedMemory);
      assertThat(blocks.rows()).isEqualTo(rows);
      assertThat(blocks.sharedBytes(heads(count))).isLessThanOrEqualTo(sharedMemory);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 16, 133", "128, 16, 260", "1, 128, 67", "5, 128, 71"})
  void partsAreRowsAndABlockForEachMultiprocessor(int rows, int heads, int items) {
    LatentBlocks blocks = LatentBlocks.ofSingles(heads(heads), A100);
    assertThat(blocks.items(132, rows)).isEqualTo(items);
    assertThat(blocks.partialBytes(heads(heads), items))
        .isEqualTo((long) items * blocks.units() * blocks.heads() * 514 * 4);
  }
}
