package platform.deepseek.inference.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a Hugging Face folder with random float16 weights: speed does not depend on what the
 * numbers say. Its tokenizer has an entry for every id and no merges, so that decoding an answer
 * costs what it should; text costs a token a byte.
 */
public final class RandomModel {

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
    RandomWeights.write(folder, tensors());
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
}
