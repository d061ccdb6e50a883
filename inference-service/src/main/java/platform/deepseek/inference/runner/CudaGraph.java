package platform.deepseek.inference.runner;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.OnnxType;
import platform.deepseek.inference.model.WeightRole;

/**
 * The graph of a Llama-like decoder (Llama, Qwen2, Qwen3) for a GPU, over packed rows: any mix of
 * single tokens and pieces of prompts.
 *
 * <pre>
 *   x          = Embed(ids)                                  ids [rows]
 *   n          = Norm(x)
 *   n, x       = AddNorm(x, O * Attention(QKV * n))          for each layer
 *   n, x       = AddNorm(x, DOWN * SwiGlu(GATE_UP * n))
 *   logits     = HEAD * Select(n, x, wanted)                 wanted [outputs]
 * </pre>
 *
 * <p>Products are ONNX Runtime's, which is cuBLAS; a matrix keeps its published layout [outputs,
 * inputs] and FusedMatMul reads it transposed at no cost. What lies between the products is a
 * handful of kernels of our own ({@link CudaOperators}): a chain of ONNX's small operators would
 * read and write every row several times over, and start several kernels where one does. The
 * residual stream x is float32 in every precision.
 *
 * <p>Quantised matrices are written as elements right before their products, one at a time: many
 * rows share that work, and a step needs memory for the largest matrix and not for all.
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
  private final Map<String, CudaWeight> weights = new LinkedHashMap<>();

  CudaGraph(ModelConfig config, CudaNumbers numbers) {
    this.config = config;
    this.numbers = numbers;
    build();
  }

  byte[] toBytes() {
    return graph.toBytes();
  }

  /** The inputs that hold weights: what is to be bound to each. */
  Map<String, CudaWeight> weights() {
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
    product(layer, "attention_normed", "qkv_rows", "qkv", WeightRole.Q, WeightRole.K, WeightRole.V);
    operator("Attention", List.of(name + "qkv_rows"), List.of(name + "attended"), layer);
    product(layer, "attended", "attention_out", "o", WeightRole.O);
    operator(
        "AddNorm",
        List.of(x, name + "attention_out"),
        List.of(name + "mlp_normed", name + "attention_sum"),
        CudaNorms.mlp(layer));
    product(layer, "mlp_normed", "gate_up_rows", "gate_up", WeightRole.GATE, WeightRole.UP);
    operator("SwiGlu", List.of(name + "gate_up_rows"), List.of(name + "gated"));
    product(layer, "gated", "mlp_out", "down", WeightRole.DOWN);
    boolean last = layer + 1 == config.layers();
    operator(
        "AddNorm",
        List.of(name + "attention_sum", name + "mlp_out"),
        List.of(last ? "final_normed" : "layer" + (layer + 1) + ".attention_normed", name + "sum"),
        last ? CudaNorms.last(config) : CudaNorms.attention(layer + 1));
    return name + "sum";
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
    graph.input(weight.name(), weight.type().graphType, weight.shape().toArray());
    weights.put(weight.name(), weight);
    return weight.name();
  }
}
