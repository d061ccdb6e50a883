package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.weights.CheckpointException.Code;

/** Damaged and malicious GGUF files, one fault each. */
class GgufHostileTest {

  private static final int UINT32 = 4;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int UINT64 = 10;
  private static final int F32 = 0;
  private static final int Q4_0 = 2;

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("model.gguf");
  }

  @Test
  void aSmallWellFormedFileIsRead() throws IOException {
    Files.write(
        file,
        GgufBytes.header(2, 3)
            .key("general.alignment", UINT32)
            .u32(32)
            .key("words", ARRAY)
            .u32(STRING)
            .u64(2)
            .text("ein")
            .text("zwö \uFFFD")
            .key("big", UINT64)
            .u64(Long.MAX_VALUE)
            .tensor("b", Q4_0, 32, 32, 1)
            .tensor("a", F32, 0, 2, 3)
            .withData(50));

    try (var opened = GgufFile.open(file)) {
      assertThat(opened.metadata().strings("words").orElseThrow())
          .containsExactly("ein", "zwö \uFFFD");
      assertThat(opened.metadata().integer("big")).hasValue(Long.MAX_VALUE);
      assertThat(opened.tensors().get("a").shape()).containsExactly(3, 2);
      assertThat(opened.tensors().get("b").data().byteSize()).isEqualTo(18);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MAX_VALUE, Long.MIN_VALUE, 1_000_000, 1})
  void countsAreNotBelieved(long count) throws IOException {
    write(GgufBytes.header(count, 0).toBytes());
    assertFault(Code.TRUNCATED, "announces " + Long.toUnsignedString(count) + " tensors");

    write(GgufBytes.header(0, count).toBytes());
    assertFault(Code.TRUNCATED, "announces " + Long.toUnsignedString(count) + " metadata pairs");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 33, 100})
  void lengthsAreNotBelieved(long length) throws IOException {
    write(GgufBytes.header(0, 1).u64(length).raw(new byte[50]).toBytes());
    assertFault(Code.TRUNCATED, "bytes of a metadata key");

    write(GgufBytes.header(0, 1).key("k", STRING).u64(length).raw(new byte[50]).toBytes());
    assertFault(Code.TRUNCATED, "bytes of a metadata string");

    write(
        GgufBytes.header(0, 1).key("k", ARRAY).u32(STRING).u64(length).raw(new byte[50]).toBytes());
    assertFault(Code.TRUNCATED, "array elements");

    write(
        GgufBytes.header(0, 1).key("k", ARRAY).u32(UINT64).u64(length).raw(new byte[50]).toBytes());
    assertFault(Code.TRUNCATED, "array elements");
  }

  @Test
  void arraysOfArraysAreRefusedHoweverDeep() throws IOException {
    var bytes = GgufBytes.header(0, 1).key("k", ARRAY);
    for (int depth = 0; depth < 100_000; depth++) {
      bytes.u32(ARRAY).u64(1);
    }
    write(bytes.toBytes());

    assertFault(Code.UNSUPPORTED, "arrays of arrays");
  }

  @Test
  void magicAndVersionAreChecked() throws IOException {
    write("GGML then something else".getBytes(StandardCharsets.US_ASCII));
    assertFault(Code.MALFORMED, "does not begin with GGUF");

    write(GgufBytes.header(0, 0).toBytes());
    byte[] bytes = Files.readAllBytes(file);
    bytes[4] = 1;
    write(bytes);
    assertFault(Code.UNSUPPORTED, "GGUF version 1");

    bytes[4] = 0;
    bytes[7] = 3; // version 3 as a big-endian machine writes it
    write(bytes);
    assertFault(Code.UNSUPPORTED, "GGUF version 50331648");
  }

  @Test
  void valuesOfUnknownKindsAreRefused() throws IOException {
    write(GgufBytes.header(0, 1).key("k", 13).u64(0).toBytes());
    assertFault(Code.MALFORMED, "unknown metadata type 13");

    write(GgufBytes.header(0, 1).key("k", -1).u64(0).toBytes());
    assertFault(Code.MALFORMED, "unknown metadata type 4294967295");

    write(GgufBytes.header(0, 1).key("k", BOOL).raw((byte) 2).toBytes());
    assertFault(Code.MALFORMED, "a boolean must be 0 or 1");

    write(GgufBytes.header(0, 1).key("k", UINT64).u64(-1).toBytes());
    assertFault(Code.UNSUPPORTED, "18446744073709551615 exceeds 63 bits");
  }

  @Test
  void namesAppearOnce() throws IOException {
    write(GgufBytes.header(0, 2).key("k", UINT32).u32(1).key("k", UINT32).u32(1).toBytes());
    assertFault(Code.MALFORMED, "metadata 'k' appears twice");

    write(GgufBytes.header(2, 0).tensor("t", F32, 0, 8).tensor("t", F32, 32, 8).withData(64));
    assertFault(Code.MALFORMED, "tensor 't'");
    assertFault(Code.MALFORMED, "is listed twice");
  }

  @Test
  void invalidUtf8IsRefused() throws IOException {
    write(GgufBytes.header(0, 1).u64(2).raw((byte) 0xED, (byte) 0xA0).u32(UINT32).u32(1).toBytes());

    assertFault(Code.MALFORMED, "a metadata key is not valid UTF-8");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 3, 33, 1L << 31, 2_097_152})
  void alignmentsThatCannotBeAreRefused(long alignment) throws IOException {
    write(GgufBytes.header(0, 1).key("general.alignment", UINT32).u32(alignment).toBytes());

    assertFault(Code.MALFORMED, "general.alignment is " + alignment);
  }

  @Test
  void misalignedTensorsAreRefused() throws IOException {
    write(GgufBytes.header(1, 0).tensor("t", F32, 4, 8).withData(64));
    assertFault(Code.MALFORMED, "its offset 4 is not a multiple of the alignment 32");

    write(GgufBytes.header(1, 0).tensor("t", F32, -32, 8).withData(64));
    assertFault(Code.MALFORMED, "its offset 18446744073709551584");
  }

  @Test
  void overlappingTensorsAreRefused() throws IOException {
    write(
        GgufBytes.header(2, 0)
            .tensor("first", F32, 0, 9)
            .tensor("second", F32, 32, 8)
            .withData(64));

    assertFault(Code.MALFORMED, "tensor 'second'");
    assertFault(Code.MALFORMED, "overlaps 'first' at offset 32");
  }

  @Test
  void tensorsPastTheEndAreTruncated() throws IOException {
    write(GgufBytes.header(1, 0).tensor("t", F32, 32, 8).withData(63));
    assertFault(Code.TRUNCATED, "takes 32 bytes from offset 32, the file has 31 there");

    write(GgufBytes.header(1, 0).tensor("t", F32, Long.MAX_VALUE - 31, 8).withData(64));
    assertFault(Code.TRUNCATED, "the file has 0 there");
  }

  @Test
  void shapesThatCannotBeAreRefused() throws IOException {
    write(GgufBytes.header(1, 0).tensor("t", F32, 0).raw(new byte[8]).withData(64));
    assertFault(Code.MALFORMED, "0 dimensions, 1 to 4 are allowed");

    write(GgufBytes.header(1, 0).tensor("t", F32, 0, 1, 1, 1, 1, 1).withData(64));
    assertFault(Code.MALFORMED, "5 dimensions");

    write(GgufBytes.header(1, 0).tensor("t", F32, 0, -1).withData(64));
    assertFault(Code.MALFORMED, "a dimension exceeds 63 bits");

    write(GgufBytes.header(1, 0).tensor("t", F32, 0, 1L << 32, 1L << 31).withData(64));
    assertFault(Code.MALFORMED, "the shape's product overflows");

    write(GgufBytes.header(1, 0).tensor("t", F32, 0, 1L << 62).withData(64));
    assertFault(Code.MALFORMED, "the shape's product overflows");

    write(GgufBytes.header(1, 0).tensor("t", Q4_0, 0, 16, 2).withData(64));
    assertFault(Code.MALFORMED, "rows of 16 values are not whole Q4_0 blocks of 32");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 5, 9, 10, 11, 15, 16, 24, 28, 31, 39, 99, -1})
  void unknownElementTypesAreRefused(int type) throws IOException {
    write(GgufBytes.header(1, 0).tensor("t", type, 0, 256).withData(4096));

    assertFault(
        Code.UNSUPPORTED, "ggml type " + Integer.toUnsignedString(type) + " is not supported");
  }

  private void write(byte[] bytes) throws IOException {
    Files.write(file, bytes);
  }

  private void assertFault(Code code, String expected) {
    assertThatThrownBy(() -> GgufFile.open(file).close())
        .asInstanceOf(InstanceOfAssertFactories.throwable(CheckpointException.class))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains("model.gguf").contains(expected);
              assertThat(e.code()).isEqualTo(code);
            });
  }
}
