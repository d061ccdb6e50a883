package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.Tensor;

class MatrixPackerTest {

  private static final Path BLOCKS = Path.of("src/test/resources/fixtures/quant_blocks.json");
  private static final int COLUMNS = 512;

  private final Random random = new Random(5);

  @ParameterizedTest
  @CsvSource({"Q4_0, INT4", "Q4_1, INT4", "Q4_K, INT4", "Q8_0, INT8", "Q5_0, INT8"})
  void theseTypesAreKeptExactly(DType type, BlockFormat format) throws IOException {
    assertThat(MatrixPacker.keeping(type)).isEqualTo(format);
    requireExact(type, format);
  }

  @Test
  void eightBitsHoldWhatFourHoldWithoutAMinimum() throws IOException {
    requireExact(DType.Q4_0, BlockFormat.INT8);
  }

  private void requireExact(DType type, BlockFormat format) throws IOException {
    Tensor tensor = stored(type, 13);
    try (BlockMatrix matrix = pack(format, tensor)) {
      PackedWeights packed = new PackedWeights(matrix);
      for (int n = 0; n < 13; n++) {
        float[] row = Dequantizer.row(tensor, n);
        for (int k = 0; k < COLUMNS; k++) {
          assertThat(packed.value(n, k)).as("row %d, column %d", n, k).isEqualTo(row[k]);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q4_1", "Q4_K", "Q5_1", "Q5_K", "Q6_K", "F16", "BF16", "F32"})
  void otherTypesAreWithinHalfAStepOfInt8(DType type) throws IOException {
    Tensor tensor = type.blockElements == 1 ? gaussian(type, 13) : stored(type, 13);
    try (BlockMatrix matrix = pack(BlockFormat.INT8, tensor)) {
      PackedWeights packed = new PackedWeights(matrix);
      for (int n = 0; n < 13; n++) {
        float[] row = Dequantizer.row(tensor, n);
        for (int k = 0; k < COLUMNS; k++) {
          assertThat(packed.value(n, k)).isCloseTo(row[k], within(0.501f * packed.scale(n, k)));
        }
      }
    }
  }

  @Test
  void int4IsNearWhatItWasMadeOf() {
    Tensor tensor = gaussian(DType.F32, 9);
    try (BlockMatrix matrix = pack(BlockFormat.INT4, tensor)) {
      PackedWeights packed = new PackedWeights(matrix);
      double squares = 0;
      for (int n = 0; n < 9; n++) {
        float[] row = Dequantizer.row(tensor, n);
        for (int k = 0; k < COLUMNS; k++) {
          double error = packed.value(n, k) - row[k];
          squares += error * error;
          // The fit may cut the ends off, by less than another step.
          assertThat(Math.abs(error)).isLessThan(1.5 * packed.scale(n, k));
        }
      }
      // 16 steps over about 4 standard deviations: an error of 4/15/sqrt(12).
      assertThat(Math.sqrt(squares / (9 * COLUMNS))).isLessThan(0.085);
    }
  }

  @Test
  void int4NeverLosesAgainstMinimumAndMaximum() {
    double fitted = 0;
    double plain = 0;
    for (int round = 0; round < 300; round++) {
      float[] values = Rows.gaussian(random, 32);
      if (round % 3 == 0) {
        values[random.nextInt(32)] *= 10;
      }
      QuantizedRow row = QuantizedRow.ofInputs(32);
      row.quantizeToInt4(values);
      double error = 0;
      for (int i = 0; i < 32; i++) {
        assertThat(row.q()[i]).isBetween((byte) 0, (byte) 15);
        error += square(row.scales()[0] * row.q()[i] + row.minima()[0] - values[i]);
      }
      double plainError = errorBetweenMinimumAndMaximum(values);
      assertThat(error).isLessThanOrEqualTo(plainError * (1 + 1e-5));
      fitted += error;
      plain += plainError;
    }
    assertThat(fitted).isLessThan(0.95 * plain);
  }

  @Test
  void constantBlocksAreExactInInt4() {
    for (float value : new float[] {0, -0.75f, 3}) {
      float[] values = new float[32];
      java.util.Arrays.fill(values, value);
      QuantizedRow row = QuantizedRow.ofInputs(32);
      row.quantizeToInt4(values);
      for (int i = 0; i < 32; i++) {
        assertThat(row.scales()[0] * row.q()[i] + row.minima()[0]).isEqualTo(value);
      }
    }
  }

  @Test
  void partsStandOneBelowTheOtherInTheOrderTheyAskFor() throws IOException {
    Tensor first = stored(DType.Q4_1, 5);
    Tensor second = stored(DType.Q4_0, 6);
    IntUnaryOperator reversed = row -> 5 - row;
    try (BlockMatrix matrix =
        MatrixPacker.pack(
            BlockFormat.INT4,
            List.of(
                new MatrixPacker.Part(first, IntUnaryOperator.identity()),
                new MatrixPacker.Part(second, reversed)))) {
      assertThat(matrix.outputs()).isEqualTo(11);
      assertThat(matrix.paddedOutputs()).isEqualTo(16);
      PackedWeights packed = new PackedWeights(matrix);
      for (int n = 0; n < 16; n++) {
        float[] row = new float[COLUMNS];
        if (n < 5) {
          row = Dequantizer.row(first, n);
        } else if (n < 11) {
          row = Dequantizer.row(second, 10 - n);
        }
        for (int k = 0; k < COLUMNS; k++) {
          assertThat(packed.value(n, k)).as("row %d, column %d", n, k).isEqualTo(row[k]);
        }
      }
    }
  }

  @Test
  void inputsThatAreNotWholeBlocksAreRefusedWithAWayOut() {
    Tensor tensor =
        new Tensor(
            "odd",
            DType.F32,
            new long[] {2, 40},
            Path.of("none"),
            0,
            MemorySegment.ofArray(new byte[2 * 40 * 4]));
    assertThatThrownBy(() -> pack(BlockFormat.INT8, tensor))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a quantised matrix needs inputs in multiples of 32, not 40; use PRECISION=fp32");
  }

  private static BlockMatrix pack(BlockFormat format, Tensor tensor) {
    return MatrixPacker.pack(
        format, List.of(new MatrixPacker.Part(tensor, IntUnaryOperator.identity())));
  }

  private static double errorBetweenMinimumAndMaximum(float[] values) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    float scale = (most - least) / 15;
    double error = 0;
    for (float value : values) {
      float q = (float) Math.clamp(Math.rint((value - least) / scale), 0, 15);
      error += square(scale * q + least - value);
    }
    return error;
  }

  private static double square(double x) {
    return x * x;
  }

  /** Rows of a quantised type out of the fixture's random blocks, each beginning at another one. */
  private static Tensor stored(DType type, int rows) throws IOException {
    byte[] blocks = null;
    for (JsonNode node : new ObjectMapper().readTree(BLOCKS.toFile()).get("types")) {
      if (node.get("type").asText().equals(type.name())) {
        blocks = HexFormat.of().parseHex(node.get("raw_hex").asText());
      }
    }
    assertThat(blocks).as("blocks of %s", type).isNotNull();
    int rowBytes = (int) type.bytes(COLUMNS);
    byte[] data = new byte[rows * rowBytes];
    for (int at = 0; at < data.length; at += type.blockBytes) {
      int from = (at / type.blockBytes * 7 + at / rowBytes) * type.blockBytes % blocks.length;
      System.arraycopy(blocks, from, data, at, type.blockBytes);
    }
    return new Tensor(
        "stored",
        type,
        new long[] {rows, COLUMNS},
        Path.of("none"),
        0,
        MemorySegment.ofArray(data));
  }

  private Tensor gaussian(DType type, int rows) {
    ByteBuffer data =
        ByteBuffer.allocate(rows * (int) type.bytes(COLUMNS)).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : Rows.gaussian(random, rows * COLUMNS)) {
      switch (type) {
        case F32 -> data.putFloat(value);
        case F16 -> data.putShort(Float.floatToFloat16(value));
        default -> data.putShort((short) (Float.floatToRawIntBits(value) >> 16));
      }
    }
    return new Tensor(
        "gaussian",
        type,
        new long[] {rows, COLUMNS},
        Path.of("none"),
        0,
        MemorySegment.ofArray(data.array()));
  }

  @Test
  void matrixThatIsNarrowerThanABlockIsRefusedInASentence() {
    for (int inputs : new int[] {8, 24, 40}) {
      assertThatThrownBy(() -> MatrixPacker.pack(BlockFormat.INT8, inputs, 16, (n, row) -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a quantised matrix needs inputs in multiples of 32, not %d; use PRECISION=fp32"
                  .formatted(inputs));
    }
  }
}
