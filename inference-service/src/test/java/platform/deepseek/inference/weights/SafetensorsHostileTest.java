package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.weights.CheckpointException.Code;

/** Damaged and malicious safetensors files, one fault each. */
class SafetensorsHostileTest {

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("model.safetensors");
  }

  @Test
  void aSmallWellFormedFileIsRead() throws IOException {
    write("{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]}}   ", 8);

    try (var opened = SafetensorsFile.open(file)) {
      assertThat(opened.tensors().get("a").data().byteSize()).isEqualTo(8);
    }
  }

  @Test
  void emptyTensorsAndScalarsAreRead() throws IOException {
    write(
        "{'e': {'dtype': 'F32', 'shape': [0, 4], 'data_offsets': [0, 0]},"
            + "'s': {'dtype': 'F16', 'shape': [], 'data_offsets': [0, 2]}}",
        2);

    try (var opened = SafetensorsFile.open(file)) {
      assertThat(opened.tensors().get("e").rows()).isEqualTo(0);
      assertThat(opened.tensors().get("s").elements()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[0, 9] | 8 | TRUNCATED | ends at byte 9 of the data, which has 8",
        "[0, 9223372036854775807] | 8 | TRUNCATED | ends at byte 9223372036854775807",
        "[8, 0] | 8 | MALFORMED | data_offsets must be [begin, end]: [8, 0]",
        "[-8, 0] | 8 | MALFORMED | data_offsets holds the negative number -8",
        "[0, 4] | 4 | MALFORMED | dtype and shape take 8 bytes, data_offsets span 4",
        "[0] | 8 | MALFORMED | data_offsets must be [begin, end]: [0]",
        "[4, 12] | 12 | MALFORMED | hole: begins at byte 4 of the data",
        "[0, 18446744073709551616] | 8 | MALFORMED | not valid JSON",
        "[0, 8.0] | 8 | MALFORMED | data_offsets must hold integers",
        "'0, 8' | 8 | MALFORMED | expected an array as data_offsets",
        "[[0], 8] | 8 | MALFORMED | data_offsets must hold integers",
      })
  void offsetsThatCannotBeAreRefused(String offsets, int data, Code code, String expected)
      throws IOException {
    write("{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': " + offsets + "}}", data);

    assertFault(code, expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[4611686018427387904, 4] | MALFORMED | the shape's product overflows",
        "[2305843009213693952] | MALFORMED | the shape's product overflows",
        "[3037000500, 3037000500] | MALFORMED | the shape's product overflows",
        "[-1, -2] | MALFORMED | shape holds the negative number -1",
        "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2] | MALFORMED | shape holds more than 16 numbers",
        "[1e3] | MALFORMED | shape must hold integers",
        "null | MALFORMED | expected an array as shape",
      })
  void shapesThatCannotBeAreRefused(String shape, Code code, String expected) throws IOException {
    write("{'a': {'dtype': 'F32', 'shape': " + shape + ", 'data_offsets': [0, 8]}}", 8);

    assertFault(code, expected);
  }

  @Test
  void overlappingTensorsAreRefused() throws IOException {
    write(
        "{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]},"
            + "'b': {'dtype': 'F32', 'shape': [2], 'data_offsets': [4, 12]}}",
        12);

    assertFault(Code.MALFORMED, "tensor 'b'");
    assertFault(Code.MALFORMED, "overlap: begins at byte 4 of the data");
  }

  @Test
  void bytesOfNoTensorAreRefused() throws IOException {
    write("{'a': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]}}", 9);

    assertFault(Code.MALFORMED, "1 bytes at the end belong to no tensor");
  }

  @Test
  void aNameIsListedOnce() throws IOException {
    write(
        "{'a': {'dtype': 'F32', 'shape': [1], 'data_offsets': [0, 4]},"
            + "'\\u0061': {'dtype': 'F32', 'shape': [1], 'data_offsets': [4, 8]}}",
        8);

    assertFault(Code.MALFORMED, "is listed twice");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'a': {'dtype': 'F8_E5M2', 'shape': [1], 'data_offsets': [0, 1]}} | dtype 'F8_E5M2' is"
            + " not",
        "{'a': {'dtype': 'Q4_0', 'shape': [1], 'data_offsets': [0, 1]}} | dtype 'Q4_0' is not",
        "{'a': {'dtype': 5, 'shape': [1], 'data_offsets': [0, 1]}} | expected a string as dtype",
        "{'a': {'dtype': 'U8', 'shape': [1]}} | needs dtype, shape and data_offsets",
        "{'a': {'dtype': 'U8', 'dtype': 'U8'}} | gives dtype twice",
        "{'a': {'type': 'U8'}} | has the unknown field 'type'",
        "{'a': []} | expected an object with dtype",
        "{'__metadata__': {'a': 1}} | expected a string as value in __metadata__",
        "{'__metadata__': {'a': '1', 'a': '2'}} | lists 'a' twice",
        "{'a': {'dtype': 'U8', 'shape': [[[[[[1]]]]]]}} | byte",
        "{} {} | something follows the header's closing brace",
        "[] | the header must begin with '{'",
        "{'a': | not valid JSON",
        "{'a' | not valid JSON",
        "{ | not valid JSON",
      })
  void headersThatAreNotOneAreRefused(String header, String expected) throws IOException {
    write(header, 1);

    assertFault(null, expected);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 100_000_001, 1L << 40, 3, 0})
  void headerLengthsThatCannotBeAreRefused(long length) throws IOException {
    Files.write(file, bytes(length, new byte[] {'{', '}'}, 0));

    assertFault(null, "header");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7})
  void aFileWithoutALengthIsTruncated(int bytes) throws IOException {
    Files.write(file, new byte[bytes]);

    assertFault(Code.TRUNCATED, "only " + bytes + " bytes");
  }

  @Test
  void invalidUtf8IsRefused() throws IOException {
    byte[] header = "{'a?': {}}".replace('\'', '"').getBytes(StandardCharsets.US_ASCII);
    header[3] = (byte) 0xC0; // an overlong form that lenient decoders take for a character
    Files.write(file, bytes(header.length, header, 0));

    assertFault(Code.MALFORMED, "not valid UTF-8");
  }

  @Test
  void aHostileNameIsShownWithoutControlCharacters() throws IOException {
    write("{'\\u001b[31m\\n" + "x".repeat(5000) + "': []}", 0);

    assertThatThrownBy(() -> SafetensorsFile.open(file).close())
        .asInstanceOf(InstanceOfAssertFactories.throwable(CheckpointException.class))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains("'?[31m?xxx").hasSizeLessThan(1000);
              assertThat(e.file()).isEqualTo(file.toRealPath());
              assertThat(e.tensor()).isPresent();
              assertThat(e.offset()).isBetween(8L, Files.size(file));
            });
  }

  @Test
  void aMissingFileIsUnreadable() {
    assertFault(Code.UNREADABLE, "cannot be opened");
  }

  private void write(String header, int data) throws IOException {
    byte[] text = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    Files.write(file, bytes(text.length, text, data));
  }

  private static byte[] bytes(long length, byte[] header, int data) {
    return ByteBuffer.allocate(8 + header.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(header)
        .array();
  }

  /** A null code stands for any. */
  private void assertFault(Code code, String expected) {
    assertThatThrownBy(() -> SafetensorsFile.open(file).close())
        .asInstanceOf(InstanceOfAssertFactories.throwable(CheckpointException.class))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains("model.safetensors").contains(expected);
              assertThat(code == null ? e.code() : code).isEqualTo(e.code());
            });
  }
}
