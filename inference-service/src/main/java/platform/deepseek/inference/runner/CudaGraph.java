package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.OnnxType;
import platform.deepseek.inference.model.WeightRole;

/**
 * The graph of a Llama-like decoder (Llama, Qwen2, Qwen3) for a GPU, of ONNX Runtime's own
 * operators: rows of sequences, every row in the KV slot of its place in the cache.
 *
 * <pre>
 *   x      = embedding[ids]                                  ids [batch, sequence]
 *   x     += O * attention(QKV * norm(x))                    for each layer
 *   x     += DOWN * (silu(GATE * norm(x)) * UP * norm(x))
 *   logits = HEAD * norm(x)[logit_rows]                      rows counted over batch * sequence
 *   last   = x[hidden_rows]
 * </pre>
 *
 * <p>Attention is GroupQueryAttention with past and present in one buffer: row b attends to
 * seqlens[b] + 1 positions and writes its keys and values behind its past. Its rules (several rows
 * only with one token each, or from position 0) are kept by {@link CudaModelRunner}.
 *
 * <p>Weights are inputs, not initializers: they are uploaded once, lie where they are bound, and no
 * optimizer of the session copies or folds them. A matrix keeps its published layout [outputs,
 * inputs]; FusedMatMul reads it transposed at no cost.
 */
final class CudaGraph {

  static final String IDS = "ids";
  static final String LENGTHS = "lengths";
  static final String TOTAL = "total";
  static final String LOGIT_ROWS = "logit_rows";
  static final String HIDDEN_ROWS = "hidden_rows";
  static final String LOGITS = "logits";
  static final String HIDDEN = "hidden";
  static final String COSINES = "cosines";
  static final String SINES = "sines";

  private final ModelConfig config;
  private final CudaPrecision precision;
  private final OnnxType type;
  private final int positions;
  private final OnnxGraph graph = new OnnxGraph("decoder");
  private final List<CudaWeight> weights = new ArrayList<>();

  /**
   * @param positions that a slot has room for
   */
  CudaGraph(ModelConfig config, CudaPrecision precision, int positions) {
    this.config = config;
    this.precision = precision;
    this.type = precision.graphType;
    this.positions = positions;
    build();
  }

  byte[] toBytes() {
    return graph.toBytes();
  }

  /** The inputs that hold weights. */
  List<CudaWeight> weights() {
    return weights;
  }

  static String pastKey(int layer) {
    return "past_key." + layer;
  }

  static String pastValue(int layer) {
    return "past_value." + layer;
  }

  static String presentKey(int layer) {
    return "present_key." + layer;
  }

  static String presentValue(int layer) {
    return "present_value." + layer;
  }

  private void build() {
    graph.input(IDS, OnnxType.INT64, "batch", "sequence");
    graph.input(LENGTHS, OnnxType.INT32, "batch");
    graph.input(TOTAL, OnnxType.INT32, 1);
    graph.input(LOGIT_ROWS, OnnxType.INT64, "outputs");
    graph.input(HIDDEN_ROWS, OnnxType.INT64, "hidden_outputs");
    graph.input(COSINES, type, positions, config.headDim() / 2);
    graph.input(SINES, type, positions, config.headDim() / 2);
    graph.constant("rows_shape", new long[] {-1, config.hidden()}, 2);
    if (config.qkNorm()) {
      graph.constant("qkv_sizes", qkvSizes(), 3);
      graph.constant("q_heads", new long[] {0, 0, config.heads(), config.headDim()}, 4);
      graph.constant("k_heads", new long[] {0, 0, config.kvHeads(), config.headDim()}, 4);
      graph.constant("q_rows", new long[] {0, 0, config.queryRows()}, 3);
      graph.constant("k_rows", new long[] {0, 0, config.keyRows()}, 3);
    }
    String embedding = weight("embedding", 0, WeightRole.EMBEDDING);
    graph.node("Gather", List.of(embedding, IDS), List.of("embedded")).attribute("axis", 0);
    String gamma = weight("layer0.attention_norm", 0, WeightRole.ATTENTION_NORM);
    norm("embedded", gamma, "layer0.attention_normed");
    String x = "embedded";
    for (int layer = 0; layer < config.layers(); layer++) {
      x = layer(layer, x);
    }
    outputs(x, config.tiedEmbeddings() ? embedding : weight("head", 0, WeightRole.HEAD));
  }

  /** From the normed input of attention to the normed input of what comes next. */
  private String layer(int layer, String x) {
    String name = "layer" + layer + ".";
    attention(layer, name);
    product(name + "attended", weight(name + "o", layer, WeightRole.O), name + "attention_out");
    String gamma = weight(name + "mlp_norm", layer, WeightRole.MLP_NORM);
    addAndNorm(x, name + "attention_out", gamma, name + "mlp_normed", name + "attention_sum");
    feedForward(layer, name);
    boolean last = layer + 1 == config.layers();
    String next = last ? "final_" : "layer" + (layer + 1) + ".attention_";
    String nextGamma =
        last
            ? weight("final_norm", 0, WeightRole.FINAL_NORM)
            : weight(next + "norm", layer + 1, WeightRole.ATTENTION_NORM);
    addAndNorm(name + "attention_sum", name + "mlp_out", nextGamma, next + "normed", name + "sum");
    return name + "sum";
  }

  private void attention(int layer, String name) {
    String matrix = weight(name + "qkv", layer, WeightRole.Q, WeightRole.K, WeightRole.V);
    String qkv = name + "qkv_rows";
    if (config.attentionBias()) {
      String bias =
          weight(name + "qkv_bias", layer, WeightRole.Q_BIAS, WeightRole.K_BIAS, WeightRole.V_BIAS);
      product(name + "attention_normed", matrix, name + "qkv_product");
      graph.node("Add", List.of(name + "qkv_product", bias), List.of(qkv));
    } else {
      product(name + "attention_normed", matrix, qkv);
    }
    Stream<String> queries =
        config.qkNorm() ? normedHeads(layer, name, qkv) : Stream.of(qkv, "", "");
    List<Object> cache = List.of("batch", config.kvHeads(), positions, config.headDim());
    graph.input(pastKey(layer), type, cache.toArray());
    graph.input(pastValue(layer), type, cache.toArray());
    graph
        .node(
            "GroupQueryAttention",
            OnnxGraph.MICROSOFT,
            Stream.concat(
                    queries,
                    Stream.of(pastKey(layer), pastValue(layer), LENGTHS, TOTAL, COSINES, SINES))
                .toList(),
            List.of(name + "attended", presentKey(layer), presentValue(layer)))
        .attribute("num_heads", config.heads())
        .attribute("kv_num_heads", config.kvHeads())
        .attribute("do_rotary", 1);
    graph.output(presentKey(layer), type, cache.toArray());
    graph.output(presentValue(layer), type, cache.toArray());
  }

  /** Qwen3 normalises each head of q and k before it is turned. */
  private Stream<String> normedHeads(int layer, String name, String qkv) {
    graph
        .node("Split", List.of(qkv, "qkv_sizes"), List.of(name + "q", name + "k", name + "v"))
        .attribute("axis", -1);
    headNorm(name, "q", weight(name + "q_norm", layer, WeightRole.Q_NORM));
    headNorm(name, "k", weight(name + "k_norm", layer, WeightRole.K_NORM));
    return Stream.of(name + "q_turnable", name + "k_turnable", name + "v");
  }

  private void headNorm(String layer, String part, String gamma) {
    String name = layer + part;
    graph.node("Reshape", List.of(name, part + "_heads"), List.of(name + "_heads"));
    norm(name + "_heads", gamma, name + "_normed");
    graph.node("Reshape", List.of(name + "_normed", part + "_rows"), List.of(name + "_turnable"));
  }

  private void feedForward(int layer, String name) {
    String matrix = weight(name + "gate_up", layer, WeightRole.GATE, WeightRole.UP);
    product(name + "mlp_normed", matrix, name + "gate_up_rows");
    graph
        .node("Split", List.of(name + "gate_up_rows"), List.of(name + "gate", name + "up"))
        .attribute("axis", -1)
        .attribute("num_outputs", 2);
    graph.node("Sigmoid", List.of(name + "gate"), List.of(name + "sigmoid"));
    graph.node("Mul", List.of(name + "gate", name + "sigmoid"), List.of(name + "silu"));
    graph.node("Mul", List.of(name + "silu", name + "up"), List.of(name + "gated"));
    product(name + "gated", weight(name + "down", layer, WeightRole.DOWN), name + "mlp_out");
  }

  private void outputs(String x, String head) {
    graph.node("Reshape", List.of("final_normed", "rows_shape"), List.of("final_rows"));
    graph.node("Gather", List.of("final_rows", LOGIT_ROWS), List.of("last")).attribute("axis", 0);
    product("last", head, "scores");
    graph.node("Cast", List.of("scores"), List.of(LOGITS)).attribute("to", 1);
    graph.output(LOGITS, OnnxType.FLOAT, "outputs", config.vocabulary());
    graph.node("Reshape", List.of(x, "rows_shape"), List.of("sum_rows"));
    graph
        .node("Gather", List.of("sum_rows", HIDDEN_ROWS), List.of("hidden_states"))
        .attribute("axis", 0);
    graph.node("Cast", List.of("hidden_states"), List.of(HIDDEN)).attribute("to", 1);
    graph.output(HIDDEN, OnnxType.FLOAT, "hidden_outputs", config.hidden());
  }

  private void product(String x, String matrix, String output) {
    graph
        .node("FusedMatMul", OnnxGraph.MICROSOFT, List.of(x, matrix), List.of(output))
        .attribute("transB", 1);
  }

  private void norm(String x, String gamma, String output) {
    graph
        .node("SimplifiedLayerNormalization", List.of(x, gamma), List.of(output))
        .attribute("axis", -1)
        .attribute("epsilon", config.rmsNormEps())
        .attribute("stash_type", 1);
  }

  private void addAndNorm(String x, String branch, String gamma, String output, String sum) {
    graph
        .node(
            "SkipSimplifiedLayerNormalization",
            OnnxGraph.MICROSOFT,
            List.of(x, branch, gamma),
            List.of(output, "", "", sum))
        .attribute("epsilon", config.rmsNormEps());
  }

  private long[] qkvSizes() {
    return new long[] {config.queryRows(), config.keyRows(), config.keyRows()};
  }

  /** Declares an input of weights: the roles' rows one below the other. */
  private String weight(String name, int layer, WeightRole... roles) {
    CudaWeight weight = CudaWeight.of(config, precision, name, layer, roles);
    graph.input(name, type, weight.shape().toArray());
    weights.add(weight);
    return name;
  }
}
