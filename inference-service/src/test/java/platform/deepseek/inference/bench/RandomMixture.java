package platform.deepseek.inference.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes a Hugging Face folder of a mixture of experts with random float16 weights. */
public final class RandomMixture {

  /** The width of a head, of its content and of its value. */
  private static final int HEAD = 64;

  /** Channels that positions turn, with latent attention. */
  private static final int TURNED = 32;

  /**
   * How large the model is; the first layer is dense with latent attention, none is else.
   *
   * @param intermediate width inside a dense layer
   * @param rank width of the latent of keys and values
   * @param experts to choose from
   * @param chosen of them for a token
   * @param expertIntermediate width inside an expert
   */
  public record Shape(
      int layers,
      int hidden,
      int intermediate,
      int heads,
      int rank,
      int experts,
      int chosen,
      int expertIntermediate,
      int vocabulary) {

    /** For tests. */
    public static final Shape TINY = new Shape(3, 128, 256, 4, 64, 16, 4, 64, 512);

    /** The same with another number of experts. */
    public Shape withExperts(int count) {
      return new Shape(
          layers, hidden, intermediate, heads, rank, count, chosen, expertIntermediate, vocabulary);
    }
  }

  private final Shape shape;
  private final Map<String, long[]> tensors = new LinkedHashMap<>();

  private RandomMixture(Shape shape) {
    this.shape = shape;
  }

  /** DeepSeek-V3's kind: latent attention, sigmoid routing in 4 groups of which 2, one shared. */
  public static void writeDeepseek(Path folder, Shape shape) throws IOException {
    new RandomMixture(shape).writeDeepseek(folder);
  }

  /** DeepSeek-V2's kind: latent attention, softmax routing in 4 groups of which 2, two shared. */
  public static void writeDeepseekV2(Path folder, Shape shape) throws IOException {
    new RandomMixture(shape).writeDeepseekV2(folder);
  }

  /** Qwen3's kind: keys and values of 2 heads, softmax routing. */
  public static void writeQwen(Path folder, Shape shape) throws IOException {
    new RandomMixture(shape).writeQwen(folder);
  }

  private void writeDeepseek(Path folder) throws IOException {
    write(
        folder,
        """
        "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
         "q_lora_rank": %1$d, "kv_lora_rank": %1$d, "qk_nope_head_dim": %2$d,
         "qk_rope_head_dim": %3$d, "v_head_dim": %2$d, "n_routed_experts": %4$d,
         "n_shared_experts": 1, "n_group": 4, "topk_group": 2, "topk_method": "noaux_tc",
         "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 2.5,
         "first_k_dense_replace": 1, "moe_layer_freq": 1, "num_nextn_predict_layers": 0,
         "num_key_value_heads": %5$d,
         "rope_scaling": {"type": "yarn", "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
           "original_max_position_embeddings": 4096, "beta_fast": 32, "beta_slow": 1},
        """
            .formatted(shape.rank(), HEAD, TURNED, shape.experts(), shape.heads()));
    for (int layer = 0; layer < shape.layers(); layer++) {
      String attention = "model.layers." + layer + ".self_attn.";
      matrix(attention + "q_a_proj", shape.rank(), shape.hidden());
      vector(attention + "q_a_layernorm.weight", shape.rank());
      matrix(attention + "q_b_proj", queries(), shape.rank());
      latents(layer);
      if (layer > 0) {
        String mlp = "model.layers." + layer + ".mlp.";
        vector(mlp + "gate.e_score_correction_bias", shape.experts());
        swiGlu(mlp + "shared_experts.", shape.expertIntermediate());
      }
    }
    RandomWeights.write(folder, tensors);
  }

  private void writeDeepseekV2(Path folder) throws IOException {
    write(
        folder,
        """
        "architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2",
         "q_lora_rank": null, "kv_lora_rank": %1$d, "qk_nope_head_dim": %2$d,
         "qk_rope_head_dim": %3$d, "v_head_dim": %2$d, "n_routed_experts": %4$d,
         "n_shared_experts": 2, "n_group": 4, "topk_group": 2,
         "topk_method": "group_limited_greedy", "scoring_func": "softmax",
         "norm_topk_prob": false, "routed_scaling_factor": 1.0,
         "first_k_dense_replace": 1, "moe_layer_freq": 1, "num_key_value_heads": %5$d,
         "rope_scaling": {"type": "yarn", "factor": 40, "mscale": 0.707, "mscale_all_dim": 0.707,
           "original_max_position_embeddings": 4096, "beta_fast": 32, "beta_slow": 1},
        """
            .formatted(shape.rank(), HEAD, TURNED, shape.experts(), shape.heads()));
    for (int layer = 0; layer < shape.layers(); layer++) {
      matrix("model.layers." + layer + ".self_attn.q_proj", queries(), shape.hidden());
      latents(layer);
      if (layer > 0) {
        swiGlu("model.layers." + layer + ".mlp.shared_experts.", 2 * shape.expertIntermediate());
      }
    }
    RandomWeights.write(folder, tensors);
  }

  /** Values of all heads' queries. */
  private int queries() {
    return shape.heads() * (HEAD + TURNED);
  }

  /** What latent attention has in both kinds, and the layer's experts. */
  private void latents(int layer) {
    String attention = "model.layers." + layer + ".self_attn.";
    matrix(attention + "kv_a_proj_with_mqa", shape.rank() + TURNED, shape.hidden());
    vector(attention + "kv_a_layernorm.weight", shape.rank());
    matrix(attention + "kv_b_proj", shape.heads() * 2 * HEAD, shape.rank());
    feedForward(layer, layer == 0);
  }

  private void writeQwen(Path folder) throws IOException {
    write(
        folder,
        """
        "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe",
         "head_dim": %d, "num_key_value_heads": 2, "num_experts": %d, "norm_topk_prob": true,
         "decoder_sparse_step": 1, "mlp_only_layers": [], "rope_theta": 1000000,
        """
            .formatted(HEAD, shape.experts()));
    for (int layer = 0; layer < shape.layers(); layer++) {
      String attention = "model.layers." + layer + ".self_attn.";
      matrix(attention + "q_proj", shape.heads() * HEAD, shape.hidden());
      matrix(attention + "k_proj", 2 * HEAD, shape.hidden());
      matrix(attention + "v_proj", 2 * HEAD, shape.hidden());
      vector(attention + "q_norm.weight", HEAD);
      vector(attention + "k_norm.weight", HEAD);
      feedForward(layer, false);
    }
    RandomWeights.write(folder, tensors);
  }

  /** Writes all but the weights, and names the tensors that do not depend on the kind. */
  private void write(Path folder, String kind) throws IOException {
    Files.createDirectories(folder);
    RandomTokenizer.write(folder, shape.vocabulary());
    Files.writeString(
        folder.resolve("config.json"),
        """
        {%s "hidden_size": %d, "intermediate_size": %d, "moe_intermediate_size": %d,
         "num_hidden_layers": %d, "num_attention_heads": %d, "num_experts_per_tok": %d,
         "vocab_size": %d, "max_position_embeddings": 163840, "rms_norm_eps": 1e-6,
         "tie_word_embeddings": false, "hidden_act": "silu", "eos_token_id": %d}
        """
            .formatted(
                kind,
                shape.hidden(),
                shape.intermediate(),
                shape.expertIntermediate(),
                shape.layers(),
                shape.heads(),
                shape.chosen(),
                shape.vocabulary(),
                RandomTokenizer.end(shape.vocabulary())));
    tensors.put("model.embed_tokens.weight", new long[] {shape.vocabulary(), shape.hidden()});
    vector("model.norm.weight", shape.hidden());
    tensors.put("lm_head.weight", new long[] {shape.vocabulary(), shape.hidden()});
  }

  private void feedForward(int layer, boolean dense) {
    String name = "model.layers." + layer + ".";
    vector(name + "input_layernorm.weight", shape.hidden());
    vector(name + "post_attention_layernorm.weight", shape.hidden());
    matrix(name + "self_attn.o_proj", shape.hidden(), shape.heads() * HEAD);
    if (dense) {
      swiGlu(name + "mlp.", shape.intermediate());
      return;
    }
    matrix(name + "mlp.gate", shape.experts(), shape.hidden());
    for (int expert = 0; expert < shape.experts(); expert++) {
      swiGlu(name + "mlp.experts." + expert + ".", shape.expertIntermediate());
    }
  }

  private void swiGlu(String name, int width) {
    matrix(name + "gate_proj", width, shape.hidden());
    matrix(name + "up_proj", width, shape.hidden());
    matrix(name + "down_proj", shape.hidden(), width);
  }

  private void matrix(String name, int outputs, int inputs) {
    tensors.put(name + ".weight", new long[] {outputs, inputs});
  }

  private void vector(String name, int length) {
    tensors.put(name, new long[] {length});
  }
}
