package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DecodeShapeTest {

  private static final AttentionHeads QWEN = new AttentionHeads(12, 2, 128);
  private static final int H200 = 132;

  @Test
  void oneRowCanBeSpreadOverTheWholeDevice() {
    assertThat(DecodeShape.of(QWEN, H200, 1)).isEqualTo(new DecodeShape(8, 2, 67, 132));
  }

  @Test
  void manyRowsHaveSmallerBlocks() {
    assertThat(DecodeShape.of(QWEN, H200, 99)).isEqualTo(new DecodeShape(8, 2, 165, 132));
    assertThat(DecodeShape.of(QWEN, H200, 100)).isEqualTo(new DecodeShape(4, 2, 166, 132));
  }

  @Test
  void aGroupOfMoreThanEightHeadsTakesTwoBlocks() {
    assertThat(DecodeShape.of(new AttentionHeads(16, 1, 128), H200, 1).units()).isEqualTo(2);
    assertThat(DecodeShape.of(new AttentionHeads(8, 1, 128), H200, 1).units()).isEqualTo(1);
  }

  @Test
  void memoryOfABlockHoldsTheResultsOfItsWarpsAndTheWeightsOfParts() {
    DecodeShape shape = DecodeShape.of(QWEN, H200, 1);

    assertThat(shape.sharedBytes(128)).isEqualTo(8 * 8 * 130 * 4);
    assertThat(shape.sharedBytes(16)).isEqualTo((1024 + 8 * 128) * 4);
    assertThat(shape.partialBytes(128)).isEqualTo(67L * 2 * 8 * 130 * 4);
    assertThat(shape.workBytes()).isEqualTo(67 * 32);
    assertThat(shape.counterBytes(1)).isEqualTo(8);
  }
}
