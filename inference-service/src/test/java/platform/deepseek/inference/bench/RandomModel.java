package platform.deepseek.inference.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Writes a Hugging Face folder with random float16 weights: speed does not depend on what the
 * numbers say. Its tokenizer has an entry for every id and no merges, so that decoding an answer
 * costs what it should; text costs a token a byte.
 */
public final class RandomModel {

  private static final double DEVIATION = 0.02;
  private static final int PATTERN_BYTES = 32 << 20;

  /**
   * A decoder of Qwen2's kind.
   *
   * @param keys width of a key of all heads
   */
  record Shape(
      int layers, int hidden, int intermediate, int heads, int kvHeads, int keys, int vocabulary) {

    /** DeepSeek-R1-Distill-Qwen-1.5B. */
    static final Shape QWEN_1_5B = new Shape(28, 1536, 8960, 12, 2, 256, RandomTokenizer.QWEN);

    /** For trying. */
    static final Shape TINY = new Shape(2, 64, 128, 4, 2, 32, 512);
  }

  private final Shape shape;

  private RandomModel(Shape shape) {
    this.shape = shape;
  }

  /** Writes the model of 1.5 billion weights to the folder that is the argument. */
  public static void main(String[] args) throws IOException {
    write(Path.of(args[0]), Shape.QWEN_1_5B);
  }

  static void write(Path folder, Shape shape) throws IOException {
    new RandomModel(shape).write(folder);
  }

  private void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    RandomTokenizer.write(folder, shape.vocabulary());
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "dtype": "float16",
         "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": %d,
         "num_attention_heads": %d, "num_key_value_heads": %d, "vocab_size": %d,
         "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "rope_theta": 10000,
         "tie_word_embeddings": false, "hidden_act": "silu", "eos_token_id": %d}
        """
            .formatted(
                shape.hidden(),
                shape.intermediate(),
                shape.layers(),
                shape.heads(),
                shape.kvHeads(),
                shape.vocabulary(),
                RandomTokenizer.end(shape.vocabulary())));
    Map<String, long[]> tensors = tensors();
    StringBuilder header = new StringBuilder("{");
    long offset = 0;
    for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
      long end = offset + bytes(tensor.getValue());
      header.append(
          "%s\"%s\":{\"dtype\":\"F16\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  offset == 0 ? "" : ",",
                  tensor.getKey(),
                  Arrays.toString(tensor.getValue()),
                  offset,
                  end));
      offset = end;
    }
    header.append('}');
    while (header.length() % 8 != 0) {
      header.append(' ');
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    try (FileChannel file =
        FileChannel.open(
            folder.resolve("model.safetensors"),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      writeAll(file, length.putLong(text.length).flip());
      writeAll(file, ByteBuffer.wrap(text));
      ByteBuffer weights = pattern(0, DEVIATION);
      ByteBuffer norms = pattern(1, DEVIATION);
      for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
        ByteBuffer source = tensor.getKey().endsWith("norm.weight") ? norms : weights;
        for (long left = bytes(tensor.getValue()); left > 0; ) {
          int piece = (int) Math.min(left, PATTERN_BYTES);
          writeAll(file, source.duplicate().limit(piece));
          left -= piece;
        }
      }
    }
  }

  private Map<String, long[]> tensors() {
    Map<String, long[]> tensors = new LinkedHashMap<>();
    tensors.put("model.embed_tokens.weight", new long[] {shape.vocabulary(), shape.hidden()});
    for (int layer = 0; layer < shape.layers(); layer++) {
      String name = "model.layers." + layer + ".";
      tensors.put(name + "input_layernorm.weight", new long[] {shape.hidden()});
      tensors.put(name + "self_attn.q_proj.weight", new long[] {shape.hidden(), shape.hidden()});
      tensors.put(name + "self_attn.q_proj.bias", new long[] {shape.hidden()});
      tensors.put(name + "self_attn.k_proj.weight", new long[] {shape.keys(), shape.hidden()});
      tensors.put(name + "self_attn.k_proj.bias", new long[] {shape.keys()});
      tensors.put(name + "self_attn.v_proj.weight", new long[] {shape.keys(), shape.hidden()});
      tensors.put(name + "self_attn.v_proj.bias", new long[] {shape.keys()});
      tensors.put(name + "self_attn.o_proj.weight", new long[] {shape.hidden(), shape.hidden()});
      tensors.put(name + "post_attention_layernorm.weight", new long[] {shape.hidden()});
      tensors.put(name + "mlp.gate_proj.weight", new long[] {shape.intermediate(), shape.hidden()});
      tensors.put(name + "mlp.up_proj.weight", new long[] {shape.intermediate(), shape.hidden()});
      tensors.put(name + "mlp.down_proj.weight", new long[] {shape.hidden(), shape.intermediate()});
    }
    tensors.put("model.norm.weight", new long[] {shape.hidden()});
    tensors.put("lm_head.weight", new long[] {shape.vocabulary(), shape.hidden()});
    return tensors;
  }

  private static long bytes(long[] shape) {
    long bytes = 2;
    for (long dimension : shape) {
      bytes *= dimension;
    }
    return bytes;
  }

  private static ByteBuffer pattern(double mean, double deviation) {
    Random random = new Random(7);
    ByteBuffer pattern = ByteBuffer.allocateDirect(PATTERN_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (pattern.hasRemaining()) {
      pattern.putShort(Float.floatToFloat16((float) (mean + deviation * random.nextGaussian())));
    }
    return pattern.flip();
  }

  private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }
}
