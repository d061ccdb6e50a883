package platform.deepseek.inference.model;

/**
 * What a tensor is for, whatever a checkpoint calls it. Matrices are [outputs, inputs], vectors
 * [outputs].
 */
public enum WeightRole {
  /** [vocabulary, hidden] */
  EMBEDDING("model.embed_tokens.weight", "token_embd.weight"),
  /** [hidden] */
  FINAL_NORM("model.norm.weight", "output_norm.weight"),
  /** [vocabulary, hidden]; the embedding itself where the two are tied */
  HEAD("lm_head.weight", "output.weight"),
  /** [hidden] */
  ATTENTION_NORM("input_layernorm.weight", "attn_norm.weight"),
  /** [heads * headDim, hidden] */
  Q("self_attn.q_proj.weight", "attn_q.weight"),
  /** [kvHeads * headDim, hidden] */
  K("self_attn.k_proj.weight", "attn_k.weight"),
  /** [kvHeads * headDim, hidden] */
  V("self_attn.v_proj.weight", "attn_v.weight"),
  /** [hidden, heads * headDim] */
  O("self_attn.o_proj.weight", "attn_output.weight"),
  /** [heads * headDim], only with attentionBias */
  Q_BIAS("self_attn.q_proj.bias", "attn_q.bias"),
  /** [kvHeads * headDim], only with attentionBias */
  K_BIAS("self_attn.k_proj.bias", "attn_k.bias"),
  /** [kvHeads * headDim], only with attentionBias */
  V_BIAS("self_attn.v_proj.bias", "attn_v.bias"),
  /** [headDim], only with qkNorm */
  Q_NORM("self_attn.q_norm.weight", "attn_q_norm.weight"),
  /** [headDim], only with qkNorm */
  K_NORM("self_attn.k_norm.weight", "attn_k_norm.weight"),
  /** [hidden] */
  MLP_NORM("post_attention_layernorm.weight", "ffn_norm.weight"),
  /** [intermediate, hidden] */
  GATE("mlp.gate_proj.weight", "ffn_gate.weight"),
  /** [intermediate, hidden] */
  UP("mlp.up_proj.weight", "ffn_up.weight"),
  /** [hidden, intermediate] */
  DOWN("mlp.down_proj.weight", "ffn_down.weight");

  private final String huggingFace;
  private final String gguf;

  WeightRole(String huggingFace, String gguf) {
    this.huggingFace = huggingFace;
    this.gguf = gguf;
  }

  /** Whether every layer has one. */
  public boolean perLayer() {
    return switch (this) {
      case EMBEDDING, FINAL_NORM, HEAD -> false;
      case ATTENTION_NORM,
          Q,
          K,
          V,
          O,
          Q_BIAS,
          K_BIAS,
          V_BIAS,
          Q_NORM,
          K_NORM,
          MLP_NORM,
          GATE,
          UP,
          DOWN ->
          true;
    };
  }

  /** Whether a model of this shape has it. */
  public boolean presentIn(ModelConfig config) {
    return switch (this) {
      case Q_BIAS, K_BIAS, V_BIAS -> config.attentionBias();
      case Q_NORM, K_NORM -> config.qkNorm();
      case EMBEDDING, FINAL_NORM, HEAD, ATTENTION_NORM, Q, K, V, O, MLP_NORM, GATE, UP, DOWN ->
          true;
    };
  }

  /** The shape that it must have in a model of this shape. */
  public long[] shape(ModelConfig config) {
    return switch (this) {
      case EMBEDDING, HEAD -> new long[] {config.vocabulary(), config.hidden()};
      case FINAL_NORM, ATTENTION_NORM, MLP_NORM -> new long[] {config.hidden()};
      case Q -> new long[] {config.queryRows(), config.hidden()};
      case K, V -> new long[] {config.keyRows(), config.hidden()};
      case O -> new long[] {config.hidden(), config.queryRows()};
      case Q_BIAS -> new long[] {config.queryRows()};
      case K_BIAS, V_BIAS -> new long[] {config.keyRows()};
      case Q_NORM, K_NORM -> new long[] {config.headDim()};
      case GATE, UP -> new long[] {config.intermediate(), config.hidden()};
      case DOWN -> new long[] {config.hidden(), config.intermediate()};
    };
  }

  String huggingFaceName(int layer) {
    return perLayer() ? "model.layers." + layer + "." + huggingFace : huggingFace;
  }

  String ggufName(int layer) {
    return perLayer() ? "blk." + layer + "." + gguf : gguf;
  }
}
