package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages valid files many times with fixed seeds. A reader may accept or refuse the result; it may
 * throw nothing but {@link CheckpointException}, allocate no more than the file justifies, and what
 * it accepts must be readable to the last byte.
 */
class ReaderFuzzTest {

  private static final int ROUNDS = 8_000;
  private static final long BYTES_PER_FILE_BYTE = 64;
  private static final long BYTES_AT_LEAST = 1 << 20;

  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path folder;

  @Test
  void safetensorsReaderStaysCalm() {
    byte[] header =
        ("{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"model.embed_tokens.weight\":"
                + "{\"dtype\":\"F32\",\"shape\":[16,8],\"data_offsets\":[0,512]},"
                + "\"model.norm.weight\":{\"dtype\":\"BF16\",\"shape\":[8],"
                + "\"data_offsets\":[512,528]},"
                + "\"größe\":{\"dtype\":\"F16\",\"shape\":[2,2,2],\"data_offsets\":[528,544]}}  ")
            .getBytes(StandardCharsets.UTF_8);
    byte[] valid =
        ByteBuffer.allocate(8 + header.length + 544)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .array();

    fuzz(valid, 8 + header.length, 1, ROUNDS, ReaderFuzzTest::safetensors);
  }

  @Test
  void ggufReaderStaysCalm() {
    byte[] valid =
        GgufBytes.header(3, 6)
            .key("general.architecture", 8)
            .text("llama")
            .key("general.alignment", 4)
            .u32(32)
            .key("llama.rope.freq_base", 6)
            .u32(Float.floatToIntBits(10_000))
            .key("tokenizer.ggml.tokens", 9)
            .u32(8)
            .u64(3)
            .text("a")
            .text("ü")
            .text("")
            .key("tokenizer.ggml.token_type", 9)
            .u32(5)
            .u64(3)
            .raw(new byte[12])
            .key("flag", 7)
            .raw((byte) 1)
            .tensor("token_embd.weight", 12, 0, 256, 2)
            .tensor("output_norm.weight", 0, 288, 16)
            .tensor("blk.0.attn_q.weight", 8, 352, 32, 4)
            .withData(352 + 136);

    fuzz(valid, valid.length - 488, 2, ROUNDS, ReaderFuzzTest::gguf);
  }

  @Test
  void ggufReaderStaysCalmOnAPublishedLayout() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("gguf/tiny_qwen2_q8_0.gguf"));

    // Its last kilobytes before the data describe the tensors.
    fuzz(whole, whole.length / 4, 3, ROUNDS / 40, ReaderFuzzTest::gguf);
  }

  @Test
  void indexReaderStaysCalm() throws IOException {
    Files.copy(
        Fixtures.path("models/qwen2_bf16/model.safetensors"), folder.resolve("a.safetensors"));
    byte[] valid =
        ("{\"metadata\":{\"total_size\":1},\"weight_map\":{"
                + "\"model.norm.weight\":\"a.safetensors\","
                + "\"lm_head.weight\":\"a.safetensors\"}}")
            .getBytes(StandardCharsets.UTF_8);

    fuzz(valid, valid.length, 4, ROUNDS / 40, this::sharded);
  }

  @Test
  void aHugeSparseFileJustifiesNothing() throws IOException {
    Path file = folder.resolve("model.gguf");
    long size = 1L << 36;
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(GgufBytes.header(1L << 30, 1L << 20).u64(1L << 35).toBytes());
      sparse.setLength(size);
    }

    long before = THREAD.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> GgufFile.open(file).close()).isInstanceOf(CheckpointException.class);
    assertThat(THREAD.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000_000);
  }

  private static void fuzz(
      byte[] valid, int header, long seed, int rounds, Function<byte[], Checkpoint> reader) {
    var mutation = new Mutation(seed);
    assertThat(opens(() -> reader.apply(valid))).as("the undamaged file opens").isTrue();
    int accepted = 0;
    for (int round = 0; round < rounds; round++) {
      byte[] damaged = mutation.of(valid, header);
      long before = THREAD.getCurrentThreadAllocatedBytes();
      try {
        accepted += opens(() -> reader.apply(damaged)) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        fail("seed %d, round %d: %s".formatted(seed, round, Arrays.toString(damaged)), e);
      }
      long allocated = THREAD.getCurrentThreadAllocatedBytes() - before;
      if (allocated > BYTES_AT_LEAST + BYTES_PER_FILE_BYTE * damaged.length) {
        fail(
            "seed %d, round %d: %d bytes allocated for a file of %d"
                .formatted(seed, round, allocated, damaged.length));
      }
    }
    // Damage to names and data is no damage to the format: both ways must have been taken.
    assertThat(accepted).isBetween(rounds / 100, rounds - rounds / 100);
  }

  /**
   * A file's bytes as they would be mapped, without a file system that slows thousands of rounds.
   */
  private static MappedFile mapped(String name, byte[] bytes) {
    var arena = Arena.ofConfined();
    var data = arena.allocate(bytes.length, 8).copyFrom(MemorySegment.ofArray(bytes));
    return new MappedFile(Path.of(name), arena, data.asReadOnly());
  }

  private static Checkpoint safetensors(byte[] bytes) {
    return SafetensorsFile.of(mapped("model.safetensors", bytes));
  }

  private static Checkpoint gguf(byte[] bytes) {
    return GgufFile.of(mapped("model.gguf", bytes));
  }

  private Checkpoint sharded(byte[] index) {
    try {
      Files.write(folder.resolve("model.safetensors.index.json"), index);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Checkpoint.open(folder);
  }

  private static boolean opens(Supplier<Checkpoint> reader) {
    try (var checkpoint = reader.get()) {
      for (var tensor : checkpoint.tensors().values()) {
        assertThat(tensor.data().byteSize()).isEqualTo(tensor.dtype().bytes(tensor.elements()));
        boolean floating =
            switch (tensor.dtype()) {
              case I32, I64, U8 -> false;
              case F32, F16, BF16, F8_E4M3, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> true;
            };
        if (floating && tensor.rows() > 0) {
          Dequantizer.row(tensor, 0);
          Dequantizer.row(tensor, tensor.rows() - 1);
        }
      }
      if (checkpoint instanceof GgufFile gguf) {
        readEverything(gguf.metadata());
      }
      return true;
    } catch (CheckpointException e) {
      assertThat(e.getMessage()).startsWith("checkpoint_").contains(", byte ");
      assertThat(e.offset()).isNotNegative();
      return false;
    }
  }

  /** Each value answers at least one getter or refuses all of them. */
  private static void readEverything(GgufMetadata metadata) {
    for (var key : metadata.keys()) {
      for (Runnable getter :
          new Runnable[] {
            () -> metadata.string(key),
            () -> metadata.number(key),
            () -> metadata.bool(key),
            () -> metadata.strings(key),
            () -> metadata.integers(key),
            () -> metadata.numbers(key)
          }) {
        try {
          getter.run();
        } catch (CheckpointException e) {
          assertThat(e.getMessage()).contains("must be");
        }
      }
    }
  }
}
