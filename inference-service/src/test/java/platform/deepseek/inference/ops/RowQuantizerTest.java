package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowQuantizerTest {

  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void free() {
    arena.close();
  }

  /** One quantised block, read by the layout that {@link BlockFormat} describes. */
  private record Block(int[] q, float scale, float scaledSum) {

    static Block read(BlockFormat format, MemorySegment row, int block) {
      long at = (long) block * format.activationBytes;
      int[] q = new int[32];
      for (int i = 0; i < 32; i++) {
        q[i] =
            switch (format) {
              case INT4 -> row.get(ValueLayout.JAVA_BYTE, at + i);
              case INT8 -> row.get(ValueLayout.JAVA_SHORT, at + 2 * i);
            };
      }
      return new Block(
          q,
          row.get(ValueLayout.JAVA_FLOAT, at + format.scaleOffset()),
          row.get(ValueLayout.JAVA_FLOAT, at + format.scaleOffset() + 4));
    }
  }

  @ParameterizedTest
  @EnumSource
  void valuesAreWithinHalfAStep(BlockFormat format) {
    Random random = new Random(3);
    for (float magnitude : new float[] {1e-20f, 1e-3f, 1, 300, 1e20f}) {
      float[] x = Rows.gaussian(random, 40 * 32);
      for (int i = 0; i < x.length; i++) {
        x[i] *= magnitude;
      }
      MemorySegment row = quantized(format, x);
      for (int b = 0; b < 40; b++) {
        Block block = Block.read(format, row, b);
        int most = 0;
        for (int i = 0; i < 32; i++) {
          assertThat((double) block.scale * block.q[i])
              .isCloseTo(x[32 * b + i], within(0.501 * block.scale));
          most = Math.max(most, Math.abs(block.q[i]));
        }
        assertThat(most).isEqualTo(largest(format));
        assertThat(block.scaledSum).isEqualTo(block.scale * Arrays.stream(block.q).sum());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void zerosStayZerosBesideOtherBlocks(BlockFormat format) {
    float[] x = new float[3 * 32];
    Arrays.fill(x, 32, 64, 2);
    MemorySegment row = quantized(format, x);
    for (int b : new int[] {0, 2}) {
      Block block = Block.read(format, row, b);
      assertThat(block.q).containsOnly(0);
      assertThat(block.scale).isZero();
      assertThat(block.scaledSum).isZero();
    }
    assertThat(Block.read(format, row, 1).q).containsOnly(largest(format));
  }

  @ParameterizedTest
  @CsvSource({"0.5, 0", "1.5, 2", "2.5, 2", "-0.5, 0", "-1.5, -2", "-2.5, -2", "0.51, 1"})
  void tiesGoToTheEvenInteger(float value, int expected) {
    for (BlockFormat format : BlockFormat.values()) {
      float[] x = new float[32];
      x[0] = largest(format);
      x[17] = value;
      Block block = Block.read(format, quantized(format, x), 0);
      assertThat(block.scale).isEqualTo(1);
      assertThat(block.q[17]).as("%s", format).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(
      floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE})
  void oddNumbersSpoilNoOtherBlock(float odd) {
    for (BlockFormat format : BlockFormat.values()) {
      float[] x = new float[3 * 32];
      Arrays.fill(x, 1);
      Arrays.fill(x, 32, 64, 0);
      x[40] = odd;
      MemorySegment row = quantized(format, x);
      for (int b : new int[] {0, 2}) {
        Block block = Block.read(format, row, b);
        assertThat(block.q).as("%s beside %s", format, odd).containsOnly(largest(format));
        assertThat(block.scale).isEqualTo(1f / largest(format));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void notANumberIsSeenInTheScale(BlockFormat format) {
    float[] x = new float[32];
    x[3] = Float.NaN;
    assertThat(Block.read(format, quantized(format, x), 0).scale).isNaN();
  }

  @ParameterizedTest
  @EnumSource
  void smallestNumbersStayNearZero(BlockFormat format) {
    float[] x = new float[32];
    Arrays.fill(x, Float.MIN_NORMAL / 1024);
    Block block = Block.read(format, quantized(format, x), 0);
    for (int q : block.q) {
      assertThat(Math.abs(block.scale * q)).isLessThan(Float.MIN_NORMAL);
    }
    assertThat(Math.abs(block.scaledSum)).isLessThan(1e-30f);
  }

  private static int largest(BlockFormat format) {
    return switch (format) {
      case INT4 -> 127;
      case INT8 -> 32_767;
    };
  }

  private MemorySegment quantized(BlockFormat format, float[] x) {
    MemorySegment row = arena.allocate(format.rowBytes(x.length), 64);
    RowQuantizer.quantize(
        format, Rows.EVERYWHERE, Rows.of(arena, x).address(), row.address(), x.length);
    return row;
  }
}
