package platform.deepseek.inference.model;

/**
 * What a tensor is for, whatever a checkpoint calls it. Matrices are [outputs, inputs], vectors
 * [outputs].
 */
public enum WeightRole {
  /** [vocabulary, hidden] */
  EMBEDDING(Scope.MODEL, "model.embed_tokens.weight", "token_embd.weight"),
  /** [hidden] */
  FINAL_NORM(Scope.MODEL, "model.norm.weight", "output_norm.weight"),
  /** [vocabulary, hidden]; the embedding itself where the two are tied */
  HEAD(Scope.MODEL, "lm_head.weight", "output.weight"),
  /** [hidden] */
  ATTENTION_NORM(Scope.LAYER, "input_layernorm.weight", "attn_norm.weight"),
  /** [heads * headDim, hidden] */
  Q(Scope.LAYER, "self_attn.q_proj.weight", "attn_q.weight"),
  /** [kvHeads * headDim, hidden] */
  K(Scope.LAYER, "self_attn.k_proj.weight", "attn_k.weight"),
  /** [kvHeads * headDim, hidden] */
  V(Scope.LAYER, "self_attn.v_proj.weight", "attn_v.weight"),
  /** [hidden, heads * headDim, or with latent attention heads * valueDim] */
  O(Scope.LAYER, "self_attn.o_proj.weight", "attn_output.weight"),
  /** [heads * headDim], only with attentionBias */
  Q_BIAS(Scope.LAYER, "self_attn.q_proj.bias", "attn_q.bias"),
  /** [kvHeads * headDim], only with attentionBias */
  K_BIAS(Scope.LAYER, "self_attn.k_proj.bias", "attn_k.bias"),
  /** [kvHeads * headDim], only with attentionBias */
  V_BIAS(Scope.LAYER, "self_attn.v_proj.bias", "attn_v.bias"),
  /** [headDim], only with qkNorm */
  Q_NORM(Scope.LAYER, "self_attn.q_norm.weight", "attn_q_norm.weight"),
  /** [headDim], only with qkNorm */
  K_NORM(Scope.LAYER, "self_attn.k_norm.weight", "attn_k_norm.weight"),
  /** [hidden] */
  MLP_NORM(Scope.LAYER, "post_attention_layernorm.weight", "ffn_norm.weight"),
  /** [intermediate, hidden], in dense layers */
  GATE(Scope.LAYER, "mlp.gate_proj.weight", "ffn_gate.weight"),
  /** [intermediate, hidden], in dense layers */
  UP(Scope.LAYER, "mlp.up_proj.weight", "ffn_up.weight"),
  /** [hidden, intermediate], in dense layers */
  DOWN(Scope.LAYER, "mlp.down_proj.weight", "ffn_down.weight"),
  /** [queryRank, hidden], latent attention with a compressed query */
  Q_A(Scope.LAYER, "self_attn.q_a_proj.weight", "attn_q_a.weight"),
  /** [queryRank] */
  Q_A_NORM(Scope.LAYER, "self_attn.q_a_layernorm.weight", "attn_q_a_norm.weight"),
  /** [heads * headDim, queryRank] */
  Q_B(Scope.LAYER, "self_attn.q_b_proj.weight", "attn_q_b.weight"),
  /** [rank + rotaryDim, hidden]: the latent, then the key's turned part */
  KV_A(Scope.LAYER, "self_attn.kv_a_proj_with_mqa.weight", "attn_kv_a_mqa.weight"),
  /** [rank] */
  KV_A_NORM(Scope.LAYER, "self_attn.kv_a_layernorm.weight", "attn_kv_a_norm.weight"),
  /** [heads * (contentDim + valueDim), rank]: of each head the key's rows, then the value's */
  KV_B(Scope.LAYER, "self_attn.kv_b_proj.weight", "attn_kv_b.weight"),
  /** [heads * rank, contentDim]: of each head the key's half transposed, where it is stored so */
  K_B(Scope.HEADS, "", "attn_k_b.weight"),
  /** [heads * valueDim, rank]: the values' half, stored with the one before */
  V_B(Scope.HEADS, "", "attn_v_b.weight"),
  /** [experts, hidden], in layers with experts, as the next ones */
  ROUTER(Scope.LAYER, "mlp.gate.weight", "ffn_gate_inp.weight"),
  /** [experts], where the router corrects its choice */
  ROUTER_BIAS(Scope.LAYER, "mlp.gate.e_score_correction_bias", "exp_probs_b.bias"),
  /** [expert's intermediate, hidden] */
  EXPERT_GATE(Scope.EXPERT, "mlp.experts.%d.gate_proj.weight", "ffn_gate_exps.weight"),
  /** [expert's intermediate, hidden] */
  EXPERT_UP(Scope.EXPERT, "mlp.experts.%d.up_proj.weight", "ffn_up_exps.weight"),
  /** [hidden, expert's intermediate] */
  EXPERT_DOWN(Scope.EXPERT, "mlp.experts.%d.down_proj.weight", "ffn_down_exps.weight"),
  /** [shared intermediate, hidden], where there are shared experts */
  SHARED_GATE(Scope.LAYER, "mlp.shared_experts.gate_proj.weight", "ffn_gate_shexp.weight"),
  /** [shared intermediate, hidden] */
  SHARED_UP(Scope.LAYER, "mlp.shared_experts.up_proj.weight", "ffn_up_shexp.weight"),
  /** [hidden, shared intermediate] */
  SHARED_DOWN(Scope.LAYER, "mlp.shared_experts.down_proj.weight", "ffn_down_shexp.weight");

  /** Of what there is one tensor each. */
  private enum Scope {
    MODEL,
    LAYER,
    /** One a layer, in whose shape the heads come first: [heads, rows of a head, inputs]. */
    HEADS,
    /** One for each expert of a layer; in GGUF one of all: [experts, outputs, inputs]. */
    EXPERT
  }

  private final Scope scope;
  private final String huggingFace;
  private final String gguf;

  WeightRole(Scope scope, String huggingFace, String gguf) {
    this.scope = scope;
    this.huggingFace = huggingFace;
    this.gguf = gguf;
  }

  /** Whether it belongs to a layer. */
  public boolean perLayer() {
    return scope != Scope.MODEL;
  }

  /** Whether it belongs to an expert of a layer. */
  public boolean perExpert() {
    return scope == Scope.EXPERT;
  }

  /** Whether it is a matrix of experts, of those that a router chooses or of those that all use. */
  public boolean ofExperts() {
    return switch (this) {
      case EXPERT_GATE, EXPERT_UP, EXPERT_DOWN, SHARED_GATE, SHARED_UP, SHARED_DOWN -> true;
      default -> false;
    };
  }

  /** Whether a model of this shape has it, in some layer at least. */
  public boolean presentIn(ModelConfig config) {
    for (int layer = 0; layer < (perLayer() ? config.layers() : 1); layer++) {
      if (presentIn(config, layer)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a layer of a model of this shape has it. */
  public boolean presentIn(ModelConfig config, int layer) {
    var latent = config.latent();
    return switch (this) {
      case EMBEDDING, FINAL_NORM, HEAD, ATTENTION_NORM, O, MLP_NORM -> true;
      case Q -> latent.isEmpty() || latent.get().queryRank() == 0;
      case K, V -> latent.isEmpty();
      case Q_BIAS, K_BIAS, V_BIAS -> config.attentionBias();
      case Q_NORM, K_NORM -> config.qkNorm();
      case GATE, UP, DOWN -> !config.sparse(layer);
      case Q_A, Q_A_NORM, Q_B -> latent.isPresent() && latent.get().queryRank() > 0;
      case KV_A, KV_A_NORM -> latent.isPresent();
      case KV_B -> latent.isPresent() && !config.layout().latentHalves();
      case K_B, V_B -> latent.isPresent() && config.layout().latentHalves();
      case ROUTER, EXPERT_GATE, EXPERT_UP, EXPERT_DOWN -> config.sparse(layer);
      case ROUTER_BIAS ->
          config.sparse(layer) && config.mixture().orElseThrow().routing().correctionBias();
      case SHARED_GATE, SHARED_UP, SHARED_DOWN ->
          config.sparse(layer) && config.mixture().orElseThrow().sharedIntermediate() > 0;
    };
  }

  /** The shape that it must have in a model of this shape. */
  public long[] shape(ModelConfig config) {
    return switch (this) {
      case EMBEDDING, HEAD -> new long[] {config.vocabulary(), config.hidden()};
      case FINAL_NORM, ATTENTION_NORM, MLP_NORM -> new long[] {config.hidden()};
      case Q -> new long[] {config.queryRows(), config.hidden()};
      case K, V -> new long[] {config.keyRows(), config.hidden()};
      case O -> new long[] {config.hidden(), config.attendedColumns()};
      case Q_BIAS -> new long[] {config.queryRows()};
      case K_BIAS, V_BIAS -> new long[] {config.keyRows()};
      case Q_NORM, K_NORM -> new long[] {config.headDim()};
      case GATE, UP -> new long[] {config.intermediate(), config.hidden()};
      case DOWN -> new long[] {config.hidden(), config.intermediate()};
      case Q_A, Q_A_NORM, Q_B, KV_A, KV_A_NORM, KV_B, K_B, V_B ->
          latentShape(config, config.latent().orElseThrow());
      case ROUTER,
          ROUTER_BIAS,
          EXPERT_GATE,
          EXPERT_UP,
          EXPERT_DOWN,
          SHARED_GATE,
          SHARED_UP,
          SHARED_DOWN ->
          mixtureShape(config, config.mixture().orElseThrow());
    };
  }

  private long[] latentShape(ModelConfig config, LatentAttention latent) {
    return switch (this) {
      case Q_A -> new long[] {latent.queryRank(), config.hidden()};
      case Q_A_NORM -> new long[] {latent.queryRank()};
      case Q_B -> new long[] {config.queryRows(), latent.queryRank()};
      case KV_A -> new long[] {latent.cachedValues(), config.hidden()};
      case KV_A_NORM -> new long[] {latent.rank()};
      case KV_B ->
          new long[] {
            (long) config.heads() * (latent.contentDim() + latent.valueDim()), latent.rank()
          };
      case K_B -> new long[] {(long) config.heads() * latent.rank(), latent.contentDim()};
      case V_B -> new long[] {(long) config.heads() * latent.valueDim(), latent.rank()};
      default -> throw new IllegalStateException(this + " is no part of latent attention");
    };
  }

  private long[] mixtureShape(ModelConfig config, MixtureOfExperts mixture) {
    return switch (this) {
      case ROUTER -> new long[] {mixture.experts(), config.hidden()};
      case ROUTER_BIAS -> new long[] {mixture.experts()};
      case EXPERT_GATE, EXPERT_UP -> new long[] {mixture.intermediate(), config.hidden()};
      case EXPERT_DOWN -> new long[] {config.hidden(), mixture.intermediate()};
      case SHARED_GATE, SHARED_UP -> new long[] {mixture.sharedIntermediate(), config.hidden()};
      case SHARED_DOWN -> new long[] {config.hidden(), mixture.sharedIntermediate()};
      default -> throw new IllegalStateException(this + " is no part of a mixture of experts");
    };
  }

  /** The shape of the tensor in a GGUF file, where experts and heads have a dimension of theirs. */
  long[] ggufShape(ModelConfig config) {
    long[] shape = shape(config);
    return switch (scope) {
      case MODEL, LAYER -> shape;
      case HEADS -> new long[] {config.heads(), shape[0] / config.heads(), shape[1]};
      case EXPERT -> new long[] {config.mixture().orElseThrow().experts(), shape[0], shape[1]};
    };
  }

  String huggingFaceName(int layer, int expert) {
    return perLayer() ? "model.layers." + layer + "." + huggingFace.formatted(expert) : huggingFace;
  }

  String ggufName(int layer) {
    return perLayer() ? "blk." + layer + "." + gguf : gguf;
  }
}
