package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class DequantizerTest {

  record Sample(DType type, byte[] raw, float[] values) {
    @Override
    public String toString() {
      return type.toString();
    }
  }

  static List<Sample> samples() throws IOException {
    var samples = new ArrayList<Sample>();
    var root = new ObjectMapper().readTree(Fixtures.path("quant_blocks.json").toFile());
    for (JsonNode node : root.get("types")) {
      var values = new float[node.get("values").size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) node.get("values").get(i).asDouble();
      }
      samples.add(
          new Sample(
              DType.valueOf(node.get("type").asText()),
              HexFormat.of().parseHex(node.get("raw_hex").asText()),
              values));
    }
    return samples;
  }

  @Test
  void everyFloatingPointTypeHasASample() throws IOException {
    assertThat(samples())
        .extracting(Sample::type)
        .containsExactlyInAnyOrder(
            DType.F32,
            DType.F16,
            DType.BF16,
            DType.Q4_0,
            DType.Q4_1,
            DType.Q5_0,
            DType.Q5_1,
            DType.Q8_0,
            DType.Q4_K,
            DType.Q5_K,
            DType.Q6_K);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void valuesAreExact(Sample sample) {
    var target = new float[sample.values.length];

    Dequantizer.toFloat(
        sample.type, MemorySegment.ofArray(sample.raw), 0, target, 0, target.length);

    assertThat(target).containsExactly(sample.values);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void anyRunOfBlocksAtAnyAddressIsExact(Sample sample) {
    int repeats = 300;
    var type = sample.type;
    try (var arena = Arena.ofConfined()) {
      // An odd address, and more blocks than one piece holds.
      var source = arena.allocate((long) sample.raw.length * repeats + 1).asSlice(1);
      for (int i = 0; i < repeats; i++) {
        MemorySegment.copy(
            MemorySegment.ofArray(sample.raw),
            0,
            source,
            (long) i * sample.raw.length,
            sample.raw.length);
      }
      int blocks = sample.values.length * repeats / type.blockElements;
      var random = new Random(7);
      for (int run = 0; run < 20; run++) {
        int from = random.nextInt(blocks);
        int count = random.nextInt(blocks - from + 1) * type.blockElements;
        int first = from * type.blockElements;
        var target = new float[count + 3];

        Dequantizer.toFloat(type, source, (long) from * type.blockBytes, target, 2, count);

        assertThat(target[0]).isZero();
        assertThat(target[count + 2]).isZero();
        for (int i = 0; i < count; i++) {
          if (target[i + 2] != sample.values[(first + i) % sample.values.length]) {
            assertThat(target[i + 2])
                .as("value %d", first + i)
                .isEqualTo(sample.values[(first + i) % sample.values.length]);
          }
        }
      }
    }
  }

  @Test
  void infinitiesAndNotANumberSurviveHalfPrecision() {
    byte[] halves = {0, 0x7C, 0, (byte) 0xFC, 1, 0x7C};
    var target = new float[3];

    Dequantizer.toFloat(DType.F16, MemorySegment.ofArray(halves), 0, target, 0, 3);

    assertThat(target).containsExactly(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN);
  }

  /** The format's ends and middle (arXiv 2209.05433, table 1). */
  @Test
  void numbersOfEightBitsHaveNoInfinity() {
    byte[] stored = {0x00, (byte) 0x80, 0x01, 0x07, 0x08, 0x38, (byte) 0xB9, 0x7E, 0x7F};
    var target = new float[stored.length];

    Dequantizer.toFloat(DType.F8_E4M3, MemorySegment.ofArray(stored), 0, target, 0, stored.length);

    assertThat(target)
        .containsExactly(0f, -0f, 0x1p-9f, 0x7p-9f, 0x1p-6f, 1f, -1.125f, 448f, Float.NaN);
  }

  @Test
  void aRowIsItsOwnValuesOnly() throws IOException {
    var sample = samples().stream().filter(s -> s.type == DType.Q4_1).findFirst().orElseThrow();
    var tensor =
        new Tensor(
            "t",
            DType.Q4_1,
            new long[] {2, 64},
            Path.of("t.gguf"),
            0,
            MemorySegment.ofArray(sample.raw));

    assertThat(Dequantizer.row(tensor, 0))
        .containsExactly(Arrays.copyOfRange(sample.values, 0, 64));
    assertThat(Dequantizer.row(tensor, 1))
        .containsExactly(Arrays.copyOfRange(sample.values, 64, 128));
    assertThatThrownBy(() -> Dequantizer.row(tensor, 2))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("row 2 of t, which has 2");
  }

  @ParameterizedTest
  @EnumSource(names = {"I32", "I64", "U8"})
  void integersAreNotDequantised(DType type) {
    var source = MemorySegment.ofArray(new byte[64]);

    assertThatThrownBy(() -> Dequantizer.toFloat(type, source, 0, new float[1], 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(type.name());
  }

  @Test
  void partsOfABlockAreRefused() {
    var source = MemorySegment.ofArray(new byte[64]);

    assertThatThrownBy(() -> Dequantizer.toFloat(DType.Q4_0, source, 0, new float[40], 0, 40))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("40 values are not whole Q4_0 blocks of 32");
  }

  @Test
  void everyBfloat16BecomesTheFloatOfItsBitsAtAnyLength() {
    short[] stored = new short[1 << 16];
    for (int i = 0; i < stored.length; i++) {
      stored[i] = (short) i;
    }
    MemorySegment source = MemorySegment.ofArray(stored);
    float[] all = new float[stored.length];
    Dequantizer.toFloat(DType.BF16, source, 0, all, 0, all.length);
    for (int i = 0; i < all.length; i++) {
      assertThat(Float.floatToRawIntBits(all[i])).isEqualTo(i << 16);
    }
    for (int count = 0; count <= 20; count++) {
      float[] some = new float[22];
      Dequantizer.toFloat(DType.BF16, source, 2 * 16_256, some, 1, count);
      assertThat(Arrays.copyOfRange(some, 1, 1 + count))
          .isEqualTo(Arrays.copyOfRange(all, 16_256, 16_256 + count));
      assertThat(some[0]).isZero();
      assertThat(some[1 + count]).isZero();
    }
  }
}
