package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.model.LatentAttention;
import platform.deepseek.inference.model.MixtureOfExperts;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.OnnxType;
import platform.deepseek.inference.model.WeightRole;

/**
 * The graph of a decoder for a GPU, over packed rows: any mix of single tokens and pieces of
 * prompts.
 *
 * <pre>
 *   x          = Embed(ids)                                  ids [rows]
 *   n          = Norm(x)
 *   n, x       = AddNorm(x, O * Attention(QKV * n))          for each layer
 *   n, x       = AddNorm(x, DOWN * SwiGlu(GATE_UP * n))
 *   logits     = HEAD * Select(n, x, wanted)                 wanted [outputs]
 * </pre>
 *
 * Attention over latents is, with a product for all heads inside a MatMul:
 *
 * <pre>
 *   q          = Q * n, or Q_B * QueryNorm(Q_A * n)          [rows, heads * (content + rotary)]
 *   contents   = LatentQueries(q, KV_A * n)                  [heads, rows, content]
 *   weighed    = LatentAttention(contents * KEYS)            [heads, rows, rank]
 *   out        = O * JoinHeads(weighed * VALUES)
 * </pre>
 *
 * and a feed-forward part with experts, of which the shared ones are as a dense layer's:
 *
 * <pre>
 *   out        = Experts(n, ROUTER * float32(n), shared(n))
 * </pre>
 *
 * <p>Products are ONNX Runtime's, which is cuBLAS; a matrix keeps its published layout [outputs,
 * inputs] and FusedMatMul reads it transposed at no cost. What lies between the products is a
 * handful of kernels of our own ({@link CudaOperators}): a chain of ONNX's small operators would
 * read and write every row several times over, and start several kernels where one does. The
 * residual stream x is float32 in every precision.
 *
 * <p>Quantised matrices are written as elements right before their products, one at a time: many
 * rows share that work, and a step needs memory for the largest matrix and not for all. Experts'
 * are multiplied as they lie, the shared ones by an operator too.
 *
 * <p>Matrices are inputs, not initializers: they are uploaded once, lie where they are bound, and
 * no optimizer of the session copies or folds them. Everything else that a kernel reads (norms,
 * biases, the embedding, the cache) it knows by address, so the graph does not name it.
 */
final class CudaGraph {

  static final String IDS = "ids";
  static final String WANTED = "wanted";
  static final String LOGITS = "logits";

  private final ModelConfig config;
  private final CudaNumbers numbers;
  private final OnnxGraph graph = new OnnxGraph("decoder");
  private final Map<String, WeightInput> weights = new LinkedHashMap<>();

  /**
   * An input that holds weights.
   *
   * @param shape as the graph reads them
   * @param offset of its bytes in the weight
   */
  record WeightInput(CudaWeight weight, List<Long> shape, long offset) {

    long[] dimensions() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  CudaGraph(ModelConfig config, CudaNumbers numbers) {
    this.config = config;
    this.numbers = numbers;
    build();
  }

  byte[] toBytes() {
    return graph.toBytes();
  }

  /** The inputs that hold weights: what is to be bound to each. */
  Map<String, WeightInput> weights() {
    return weights;
  }

  private void build() {
    graph.input(IDS, OnnxType.INT32, "rows");
    graph.input(WANTED, OnnxType.INT32, "outputs");
    operator("Embed", List.of(IDS), List.of("embedded"));
    operator("Norm", List.of("embedded"), List.of("layer0.attention_normed"));
    String x = "embedded";
    for (int layer = 0; layer < config.layers(); layer++) {
      x = layer(layer, x);
    }
    operator("Select", List.of("final_normed", x, WANTED), List.of("selected"));
    CudaPrecision head = numbers.elements().head();
    product("selected", weight(CudaWeight.of(config, head, "head", 0, WeightRole.HEAD)), LOGITS);
    graph.output(LOGITS, head.graphType, "outputs", config.vocabulary());
  }

  /** From the normed input of attention to the normed input of what comes next. */
  private String layer(int layer, String x) {
    String name = "layer" + layer + ".";
    if (config.latent().isPresent()) {
      latentAttention(layer, config.latent().get());
    } else {
      product(
          layer, "attention_normed", "qkv_rows", "qkv", WeightRole.Q, WeightRole.K, WeightRole.V);
      operator("Attention", List.of(name + "qkv_rows"), List.of(name + "attended"), layer);
    }
    product(layer, "attended", "attention_out", "o", WeightRole.O);
    operator(
        "AddNorm",
        List.of(x, name + "attention_out"),
        List.of(name + "mlp_normed", name + "attention_sum"),
        CudaNorms.mlp(layer));
    if (config.sparse(layer)) {
      experts(layer, config.mixture().orElseThrow());
    } else {
      product(layer, "mlp_normed", "gate_up_rows", "gate_up", WeightRole.GATE, WeightRole.UP);
      gated(layer, "gate_up_rows", "gated", config.intermediate());
      product(layer, "gated", "mlp_out", "down", WeightRole.DOWN);
    }
    boolean last = layer + 1 == config.layers();
    operator(
        "AddNorm",
        List.of(name + "attention_sum", name + "mlp_out"),
        List.of(last ? "final_normed" : "layer" + (layer + 1) + ".attention_normed", name + "sum"),
        last ? CudaNorms.last(config) : CudaNorms.attention(layer + 1));
    return name + "sum";
  }

  private void latentAttention(int layer, LatentAttention latent) {
    String name = "layer" + layer + ".";
    if (latent.queryRank() == 0) {
      product(layer, "attention_normed", "q_rows", "qkv", WeightRole.Q);
    } else {
      product(layer, "attention_normed", "q_a_rows", "q_a", WeightRole.Q_A);
      operator("QueryNorm", List.of(name + "q_a_rows"), List.of(name + "q_a_normed"), layer);
      product(layer, "q_a_normed", "q_rows", "q_b", WeightRole.Q_B);
    }
    product(layer, "attention_normed", "kv_rows", "kv_a", WeightRole.KV_A);
    operator(
        "LatentQueries",
        List.of(name + "q_rows", name + "kv_rows"),
        List.of(name + "contents"),
        layer);
    String values =
        config.layout().latentHalves() ? absorbByHalves(layer, latent) : absorb(layer, latent);
    operator("LatentAttention", List.of(name + "absorbed"), List.of(name + "weighed"), layer);
    product(name + "weighed", values, name + "head_results");
    operator("JoinHeads", List.of(name + "head_results"), List.of(name + "attended"), layer);
  }

  /** Multiplies contents with the keys; the result is the matrix of values. */
  private String absorb(int layer, LatentAttention latent) {
    String name = "layer" + layer + ".";
    // Keys of all heads lie first, then values: ModelWeights' order.
    CudaWeight both = CudaWeight.of(config, numbers, name + "kv_b", layer, WeightRole.KV_B);
    String keys = weight(name + "keys", headMatrices(both, 0, latent.contentDim(), latent.rank()));
    graph.node(
        "FusedMatMul",
        OnnxGraph.MICROSOFT,
        List.of(name + "contents", keys),
        List.of(name + "absorbed"));
    long keyBytes = both.numberBytes((long) config.heads() * latent.contentDim() * latent.rank());
    return weight(name + "values", headMatrices(both, keyBytes, latent.valueDim(), latent.rank()));
  }

  /** The same where the halves are stored apart, the keys' transposed. */
  private String absorbByHalves(int layer, LatentAttention latent) {
    String name = "layer" + layer + ".";
    CudaWeight keys = CudaWeight.of(config, numbers, name + "k_b", layer, WeightRole.K_B);
    CudaWeight values = CudaWeight.of(config, numbers, name + "v_b", layer, WeightRole.V_B);
    product(
        name + "contents",
        weight(name + "keys", headMatrices(keys, 0, latent.rank(), latent.contentDim())),
        name + "absorbed");
    return weight(name + "values", headMatrices(values, 0, latent.valueDim(), latent.rank()));
  }

  private WeightInput headMatrices(CudaWeight weight, long offset, long rows, long columns) {
    return new WeightInput(weight, List.of((long) config.heads(), rows, columns), offset);
  }

  private void experts(int layer, MixtureOfExperts mixture) {
    String name = "layer" + layer + ".";
    graph
        .node("Cast", List.of(name + "mlp_normed"), List.of(name + "router_rows"))
        .attribute("to", OnnxType.FLOAT.number);
    CudaWeight router =
        CudaWeight.of(config, CudaPrecision.FP32, name + "router", layer, WeightRole.ROUTER);
    product(name + "router_rows", weight(router), name + "router_logits");
    List<String> inputs = new ArrayList<>(List.of(name + "mlp_normed", name + "router_logits"));
    if (mixture.sharedIntermediate() > 0) {
      sharedExperts(layer, mixture);
      inputs.add(name + "shared_out");
    }
    operator("Experts", inputs, List.of(name + "mlp_out"), layer);
  }

  private void sharedExperts(int layer, MixtureOfExperts mixture) {
    if (numbers.matrices().quantized()) {
      String name = "layer" + layer + ".";
      operator("SharedExperts", List.of(name + "mlp_normed"), List.of(name + "shared_out"), layer);
      return;
    }
    product(
        layer,
        "mlp_normed",
        "shared_rows",
        "shared_gate_up",
        WeightRole.SHARED_GATE,
        WeightRole.SHARED_UP);
    gated(layer, "shared_rows", "shared_gated", mixture.sharedIntermediate());
    product(layer, "shared_gated", "shared_out", "shared_down", WeightRole.SHARED_DOWN);
  }

  private void gated(int layer, String gateUp, String output, int width) {
    String name = "layer" + layer + ".";
    operator("SwiGlu", List.of(name + gateUp), List.of(name + output), width);
  }

  /** A product of a layer, of whose names only the ends are given. */
  private void product(int layer, String x, String output, String matrix, WeightRole... roles) {
    String name = "layer" + layer + ".";
    CudaWeight weight = CudaWeight.of(config, numbers, name + matrix, layer, roles);
    String right = weight.format().quantized() ? dequantized(weight, name + x) : weight(weight);
    product(name + x, right, name + output);
  }

  /** Reads nothing of x, but must not be early: all matrices together have no room. */
  private String dequantized(CudaWeight weight, String x) {
    graph
        .node("Dequantize", OnnxGraph.DEEPSEEK, List.of(x), List.of(weight.name()))
        .attribute(CudaOperators.INDEX, weight.layer())
        .attribute(CudaOperators.ROLE, weight.roles().getFirst().ordinal());
    return weight.name();
  }

  private void product(String x, String matrix, String output) {
    graph
        .node("FusedMatMul", OnnxGraph.MICROSOFT, List.of(x, matrix), List.of(output))
        .attribute("transB", 1);
  }

  private void operator(String name, List<String> inputs, List<String> outputs) {
    graph.node(name, OnnxGraph.DEEPSEEK, inputs, outputs);
  }

  private void operator(String name, List<String> inputs, List<String> outputs, int index) {
    graph.node(name, OnnxGraph.DEEPSEEK, inputs, outputs).attribute(CudaOperators.INDEX, index);
  }

  /** Declares an input of weights: the roles' rows one below the other. */
  private String weight(CudaWeight weight) {
    return weight(weight.name(), new WeightInput(weight, weight.shape(), 0));
  }

  private String weight(String name, WeightInput input) {
    graph.input(name, input.weight().type().graphType, input.shape().toArray());
    weights.put(name, input);
    return name;
  }
}
