package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.ops.ProductOperator.Addend;

class BlockProductTest {

  /** Inputs and outputs; not all outputs are whole panels of 8. */
  private record Shape(int inputs, int outputs) {}

  private static final List<Shape> SHAPES =
      List.of(
          new Shape(32, 1),
          new Shape(32, 8),
          new Shape(64, 13),
          new Shape(160, 40),
          new Shape(576, 20));

  private static final List<Integer> ROW_COUNTS = List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 64);

  private final Arena arena = Arena.ofConfined();
  private final Random random = new Random(1);

  @AfterEach
  void free() {
    arena.close();
  }

  @ParameterizedTest
  @EnumSource
  void machineCodeAndJavaAgreeBitForBit(BlockFormat format) {
    assumeMachineCode();
    for (Shape shape : SHAPES) {
      try (BlockMatrix matrix = PackedWeights.random(random, format, shape.inputs, shape.outputs)) {
        for (int rows : ROW_COUNTS) {
          MemorySegment activations = quantized(matrix, Rows.gaussian(random, rows * shape.inputs));
          for (Addend addend : Addend.values()) {
            Rows add = Rows.gaussian(arena, random, rows * matrix.paddedOutputs());
            assertThat(
                    multiply(
                            BlockProduct.Assembled.INSTANCE, matrix, activations, rows, addend, add)
                        .bits())
                .as("%s, %d rows, addend %s", shape, rows, addend)
                .isEqualTo(
                    multiply(BlockProduct.Portable.INSTANCE, matrix, activations, rows, addend, add)
                        .bits());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void largestIntegersDoNotOverflow(BlockFormat format) {
    int activation = format == BlockFormat.INT4 ? 127 : 32_767;
    // All 15; for 8 bits also -128, which no packer makes and a file may hold.
    for (int integer : format == BlockFormat.INT4 ? new int[] {0xFF, 0} : new int[] {127, -128}) {
      try (BlockMatrix matrix = PackedWeights.uniform(format, 64, 8, integer)) {
        for (int sign : new int[] {1, -1}) {
          float[] row = new float[64];
          Arrays.fill(row, sign * activation);
          MemorySegment activations = quantized(matrix, row);
          PackedWeights weights = new PackedWeights(matrix);
          for (BlockProduct product : forms()) {
            float[] results = multiply(product, matrix, activations, 1, Addend.NONE, null).values();
            for (int n = 0; n < 8; n++) {
              assertThat(results[n])
                  .as("%s: %d x %d", product, integer, sign * activation)
                  .isEqualTo(64f * sign * activation * weights.value(n, 0));
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everySignedByteTimesEveryWeightIsRight(BlockFormat format) {
    try (BlockMatrix matrix = PackedWeights.random(random, format, 32 * 8, 16)) {
      MemorySegment activations = quantized(matrix, new float[32 * 8]);
      for (int block = 0; block < 8; block++) {
        long at = (long) block * format.activationBytes;
        for (int i = 0; i < 32; i++) {
          int q = 32 * block + i - 128;
          switch (format) {
            case INT4 -> activations.set(ValueLayout.JAVA_BYTE, at + i, (byte) q);
            case INT8 -> activations.set(ValueLayout.JAVA_SHORT, at + 2 * i, (short) (256 * q));
          }
        }
        activations.set(ValueLayout.JAVA_FLOAT, at + format.scaleOffset(), 0.25f);
        activations.set(ValueLayout.JAVA_FLOAT, at + format.scaleOffset() + 4, block);
      }
      PackedWeights weights = new PackedWeights(matrix);
      for (BlockProduct product : forms()) {
        float[] results = multiply(product, matrix, activations, 1, Addend.NONE, null).values();
        for (int n = 0; n < 16; n++) {
          double sum = 0;
          double magnitude = 0;
          for (int k = 0; k < 32 * 8; k++) {
            int q = format == BlockFormat.INT4 ? k - 128 : 256 * (k - 128);
            double term = 0.25 * q * weights.scale(n, k) * weights.integer(n, k);
            sum += term;
            magnitude += Math.abs(term);
          }
          for (int block = 0; block < 8; block++) {
            sum += (double) block * weights.minimum(n, 32 * block);
          }
          assertThat((double) results[n]).isCloseTo(sum, within(1e-6 * magnitude));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void resultIsTheProductOfWhatWasQuantized(BlockFormat format) {
    int rows = 5;
    for (Shape shape : SHAPES) {
      try (BlockMatrix matrix = PackedWeights.random(random, format, shape.inputs, shape.outputs)) {
        float[] x = Rows.gaussian(random, rows * shape.inputs);
        MemorySegment activations = quantized(matrix, x);
        Rows residual = Rows.gaussian(arena, random, rows * matrix.paddedOutputs());
        PackedWeights weights = new PackedWeights(matrix);
        for (BlockProduct product : forms()) {
          float[] results =
              multiply(product, matrix, activations, rows, Addend.RESIDUAL, residual).values();
          for (int row = 0; row < rows; row++) {
            for (int n = 0; n < shape.outputs; n++) {
              double sum = residual.values()[row * matrix.paddedOutputs() + n];
              double magnitude = Math.abs(sum);
              for (int k = 0; k < shape.inputs; k++) {
                double term =
                    (double) activation(matrix, activations, row, k) * weights.value(n, k);
                sum += term;
                magnitude += Math.abs(term);
              }
              assertThat((double) results[row * matrix.paddedOutputs() + n])
                  .as("%s of %s, row %d, column %d", product, shape, row, n)
                  .isCloseTo(sum, within(2e-6 * magnitude));
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void rowDoesNotDependOnTheNumberOfRows(BlockFormat format) {
    Shape shape = new Shape(96, 24);
    try (BlockMatrix matrix = PackedWeights.random(random, format, shape.inputs, shape.outputs)) {
      MemorySegment activations = quantized(matrix, Rows.gaussian(random, 64 * shape.inputs));
      int rowBytes = format.rowBytes(shape.inputs);
      for (BlockProduct product : forms()) {
        int[] all = multiply(product, matrix, activations, 64, Addend.NONE, null).bits();
        for (int rows : ROW_COUNTS) {
          int first = random.nextInt(64 - rows + 1);
          MemorySegment some = activations.asSlice((long) first * rowBytes);
          assertThat(multiply(product, matrix, some, rows, Addend.NONE, null).bits())
              .as("%s: rows %d to %d", product, first, first + rows)
              .isEqualTo(Arrays.copyOfRange(all, first * 24, (first + rows) * 24));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyThePanelsAskedForAreWritten(BlockFormat format) {
    try (BlockMatrix matrix = PackedWeights.random(random, format, 64, 40)) {
      MemorySegment activations = quantized(matrix, Rows.gaussian(random, 3 * 64));
      for (BlockProduct product : forms()) {
        int[] whole = multiply(product, matrix, activations, 3, Addend.NONE, null).bits();
        Rows output = Rows.of(arena, filled(4 * 40, 7));
        product.multiply(matrix, 1, 2, activations.address(), 3, output.address(), 160, 0, 0);
        for (int i = 0; i < 4 * 40; i++) {
          boolean written = i < 3 * 40 && i % 40 >= 8 && i % 40 < 24;
          assertThat(output.bits()[i])
              .as("%s, row %d, column %d", product, i / 40, i % 40)
              .isEqualTo(written ? whole[i] : Float.floatToRawIntBits(7));
        }
      }
    }
  }

  private static List<BlockProduct> forms() {
    return Processor.AVX2
        ? List.of(BlockProduct.Portable.INSTANCE, BlockProduct.Assembled.INSTANCE)
        : List.of(BlockProduct.Portable.INSTANCE);
  }

  private static void assumeMachineCode() {
    assumeTrue(Processor.AVX2, "this processor has no AVX2: there is no machine code to compare");
  }

  private MemorySegment quantized(BlockMatrix matrix, float[] x) {
    int rows = x.length / matrix.inputs();
    int rowBytes = matrix.format().rowBytes(matrix.inputs());
    MemorySegment activations = arena.allocate((long) rows * rowBytes, 64);
    Rows source = Rows.of(arena, x);
    for (int row = 0; row < rows; row++) {
      RowQuantizer.quantize(
          matrix.format(),
          Rows.EVERYWHERE,
          source.address() + 4L * row * matrix.inputs(),
          activations.address() + (long) row * rowBytes,
          matrix.inputs());
    }
    return activations;
  }

  /** The number that a quantised activation stands for. */
  private static float activation(BlockMatrix matrix, MemorySegment rows, int row, int k) {
    BlockFormat format = matrix.format();
    long at = (long) row * format.rowBytes(matrix.inputs()) + k / 32 * format.activationBytes;
    float scale = rows.get(ValueLayout.JAVA_FLOAT, at + format.scaleOffset());
    return switch (format) {
      case INT4 -> scale * rows.get(ValueLayout.JAVA_BYTE, at + k % 32);
      case INT8 -> scale * rows.get(ValueLayout.JAVA_SHORT, at + k % 32 * 2);
    };
  }

  private Rows multiply(
      BlockProduct product,
      BlockMatrix matrix,
      MemorySegment activations,
      int rows,
      Addend addend,
      Rows add) {
    Rows output = Rows.of(arena, filled(rows * matrix.paddedOutputs(), Float.NaN));
    long stride = 4L * matrix.paddedOutputs();
    product.multiply(
        matrix,
        0,
        matrix.panels(),
        activations.address(),
        rows,
        output.address(),
        stride,
        addend == Addend.NONE ? 0 : add.address(),
        addend == Addend.RESIDUAL ? stride : 0);
    return output;
  }

  private static float[] filled(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }
}
