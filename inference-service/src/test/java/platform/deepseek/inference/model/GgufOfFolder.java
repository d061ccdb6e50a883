package platform.deepseek.inference.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BiFunction;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.GgufWriter;
import platform.deepseek.inference.weights.Tensor;

/**
 * Writes a folder's mixture of experts as the GGUF file that llama.cpp's converter makes of it,
 * with its keys and names of tensors spelt out here.
 */
public final class GgufOfFolder {

  /** How a file of DeepSeek's keeps the matrix from latents to keys and values. */
  public enum Form {
    /** As files of before April 2025 do. */
    WHOLE,
    /** As later ones do: the keys' half of each head transposed. */
    HALVES
  }

  /** What files leave in float32. */
  private static final Set<WeightRole> FLOATS =
      EnumSet.of(WeightRole.ROUTER, WeightRole.ROUTER_BIAS);

  private final ModelConfig config;
  private final JsonNode json;
  private final Checkpoint checkpoint;
  private final ModelWeights weights;
  private final String name;
  private final GgufWriter writer = new GgufWriter();
  private Form form = Form.HALVES;
  private int furtherLayers;
  private boolean groups = true;
  private BiFunction<WeightRole, Integer, DType> types = (role, layer) -> DType.F32;

  private GgufOfFolder(Path folder) throws IOException {
    this.config = ModelConfig.fromHuggingFace(folder);
    this.json = new ObjectMapper().readTree(folder.resolve("config.json").toFile());
    this.checkpoint = Checkpoint.open(folder);
    this.weights = new ModelWeights(config, checkpoint);
    this.name = config.latent().isPresent() ? "deepseek2" : "qwen3moe";
  }

  public static GgufOfFolder of(Path folder) throws IOException {
    return new GgufOfFolder(folder);
  }

  public GgufOfFolder form(Form form) {
    this.form = form;
    return this;
  }

  /** With layers behind the last one, of which one tensor is there. */
  public GgufOfFolder furtherLayers(int count) {
    this.furtherLayers = count;
    return this;
  }

  /** As files of before autumn 2025, which do not speak of groups of experts. */
  public GgufOfFolder withoutGroups() {
    this.groups = false;
    return this;
  }

  /** Types of matrices; those whose rows are not whole blocks become F16, norms stay F32. */
  public GgufOfFolder types(BiFunction<WeightRole, Integer, DType> types) {
    this.types = types;
    return this;
  }

  /** More metadata, before the rest. */
  public GgufWriter metadata() {
    return writer;
  }

  public void write(Path file) throws IOException {
    describe();
    for (WeightRole role : WeightRole.values()) {
      for (int layer = 0; layer < (role.perLayer() ? config.layers() : 1); layer++) {
        boolean stored = role != WeightRole.HEAD || !config.tiedEmbeddings();
        if (role.presentIn(config, layer) && stored) {
          write(role, layer);
        }
      }
    }
    for (int layer = config.layers(); layer < config.layers() + furtherLayers; layer++) {
      writer.tensor("blk." + layer + ".nextn.enorm.weight", DType.F32, new float[8], 8);
    }
    writer.write(file);
    checkpoint.close();
  }

  private void describe() {
    writer.text("general.architecture", name);
    integer("block_count", config.layers() + furtherLayers);
    if (furtherLayers > 0) {
      integer("nextn_predict_layers", furtherLayers);
    }
    integer("context_length", config.context());
    integer("embedding_length", config.hidden());
    integer("feed_forward_length", config.intermediate());
    integer("attention.head_count", config.heads());
    integer("vocab_size", config.vocabulary());
    real("attention.layer_norm_rms_epsilon", config.rmsNormEps());
    real("rope.freq_base", config.rope().base());
    writer.integer("tokenizer.ggml.bos_token_id", config.bos().orElse(0));
    writer.integer("tokenizer.ggml.eos_token_id", config.eos().getFirst());
    config.mixture().ifPresent(this::describe);
    config.latent().ifPresentOrElse(this::describe, this::describeHeads);
  }

  private void describe(MixtureOfExperts mixture) {
    integer("expert_count", mixture.experts());
    integer("expert_used_count", mixture.chosen());
    integer("expert_feed_forward_length", mixture.intermediate());
    if (config.latent().isEmpty()) {
      return;
    }
    var routing = mixture.routing();
    integer("leading_dense_block_count", mixture.sparseLayers().nextSetBit(0));
    integer("expert_shared_count", mixture.sharedIntermediate() / mixture.intermediate());
    real("expert_weights_scale", routing.factor());
    writer.flag(name + ".expert_weights_norm", routing.normalised());
    if (routing.scoring() == MixtureOfExperts.Scoring.SIGMOID) {
      integer("expert_gating_func", 2);
    }
    if (groups) {
      integer("expert_group_count", routing.groups());
      integer("expert_group_used_count", routing.keptGroups());
    }
  }

  private void describe(LatentAttention latent) {
    boolean halves = form == Form.HALVES;
    integer("attention.head_count_kv", halves ? 1 : config.heads());
    if (latent.queryRank() > 0) {
      integer("attention.q_lora_rank", latent.queryRank());
    }
    integer("attention.kv_lora_rank", latent.rank());
    integer("attention.key_length", halves ? latent.cachedValues() : latent.queryDim());
    integer("attention.value_length", halves ? latent.rank() : latent.valueDim());
    if (halves) {
      integer("attention.key_length_mla", latent.queryDim());
      integer("attention.value_length_mla", latent.valueDim());
    }
    integer("rope.dimension_count", latent.rotaryDim());
    var scaling = json.get("rope_scaling");
    writer.text(name + ".rope.scaling.type", "yarn");
    real("rope.scaling.factor", scaling.get("factor").doubleValue());
    integer(
        "rope.scaling.original_context_length",
        scaling.get("original_max_position_embeddings").intValue());
    real("rope.scaling.yarn_log_multiplier", 0.1 * scaling.get("mscale_all_dim").doubleValue());
  }

  private void describeHeads() {
    integer("attention.head_count_kv", config.kvHeads());
    integer("attention.key_length", config.headDim());
    integer("attention.value_length", config.headDim());
  }

  private void integer(String key, long value) {
    writer.integer(name + "." + key, value);
  }

  private void real(String key, double value) {
    writer.real(name + "." + key, value);
  }

  private void write(WeightRole role, int layer) {
    Tensor first = weights.tensor(role, layer);
    if (role == WeightRole.KV_B && form == Form.HALVES) {
      writeHalves(first, layer);
      return;
    }
    if (!role.perExpert()) {
      tensor(name(role, layer), role, layer, values(first), first.shape());
      return;
    }
    int experts = config.mixture().orElseThrow().experts();
    int size = (int) first.elements();
    float[] all = new float[experts * size];
    for (int expert = 0; expert < experts; expert++) {
      float[] one = values(weights.tensor(role, layer, expert));
      System.arraycopy(one, 0, all, expert * size, size);
    }
    tensor(name(role, layer), role, layer, all, experts, first.rows(), first.columns());
  }

  private void writeHalves(Tensor whole, int layer) {
    LatentAttention latent = config.latent().orElseThrow();
    int content = latent.contentDim();
    int value = latent.valueDim();
    int rank = latent.rank();
    float[] keys = new float[config.heads() * rank * content];
    float[] values = new float[config.heads() * value * rank];
    for (int head = 0; head < config.heads(); head++) {
      for (int row = 0; row < content + value; row++) {
        float[] numbers = Dequantizer.row(whole, head * (content + value) + row);
        for (int i = 0; i < rank; i++) {
          if (row < content) {
            keys[(head * rank + i) * content + row] = numbers[i];
          } else {
            values[(head * value + row - content) * rank + i] = numbers[i];
          }
        }
      }
    }
    String prefix = "blk." + layer + ".";
    int heads = config.heads();
    tensor(prefix + "attn_k_b.weight", WeightRole.K_B, layer, keys, heads, rank, content);
    tensor(prefix + "attn_v_b.weight", WeightRole.V_B, layer, values, heads, value, rank);
  }

  private void tensor(String name, WeightRole role, int layer, float[] values, long... shape) {
    boolean floats = shape.length == 1 || FLOATS.contains(role);
    DType wanted = floats ? DType.F32 : types.apply(role, layer);
    boolean whole = shape[shape.length - 1] % wanted.blockElements == 0;
    writer.tensor(name, whole ? wanted : DType.F16, values, shape);
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    int columns = (int) tensor.columns();
    for (int row = 0; row < tensor.rows(); row++) {
      Dequantizer.row(tensor, row, values, row * columns);
    }
    return values;
  }

  private static String name(WeightRole role, int layer) {
    return switch (role) {
      case EMBEDDING -> "token_embd.weight";
      case FINAL_NORM -> "output_norm.weight";
      case HEAD -> "output.weight";
      default -> "blk." + layer + "." + ofLayer(role);
    };
  }

  private static String ofLayer(WeightRole role) {
    return switch (role) {
      case ATTENTION_NORM -> "attn_norm.weight";
      case Q -> "attn_q.weight";
      case K -> "attn_k.weight";
      case V -> "attn_v.weight";
      case O -> "attn_output.weight";
      case Q_NORM -> "attn_q_norm.weight";
      case K_NORM -> "attn_k_norm.weight";
      case MLP_NORM -> "ffn_norm.weight";
      case GATE -> "ffn_gate.weight";
      case UP -> "ffn_up.weight";
      case DOWN -> "ffn_down.weight";
      case Q_A -> "attn_q_a.weight";
      case Q_A_NORM -> "attn_q_a_norm.weight";
      case Q_B -> "attn_q_b.weight";
      case KV_A -> "attn_kv_a_mqa.weight";
      case KV_A_NORM -> "attn_kv_a_norm.weight";
      case KV_B -> "attn_kv_b.weight";
      case ROUTER -> "ffn_gate_inp.weight";
      case ROUTER_BIAS -> "exp_probs_b.bias";
      case EXPERT_GATE -> "ffn_gate_exps.weight";
      case EXPERT_UP -> "ffn_up_exps.weight";
      case EXPERT_DOWN -> "ffn_down_exps.weight";
      case SHARED_GATE -> "ffn_gate_shexp.weight";
      case SHARED_UP -> "ffn_up_shexp.weight";
      case SHARED_DOWN -> "ffn_down_shexp.weight";
      default -> throw new IllegalArgumentException(role + " is in no mixture's file");
    };
  }
}
