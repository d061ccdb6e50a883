package platform.deepseek.inference.runner;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.OnnxType;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ort.ElementType;
import platform.deepseek.inference.ort.OrtTensor;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Tensor;

/**
 * Products by ONNX's own operators in float32. A float32 tensor stays in the checkpoint (external
 * data); others are converted into memory here.
 */
final class FloatProducts implements DecoderProducts {

  private final ModelWeights weights;
  private final OnnxGraph graph;
  private final float epsilon;
  private final Arena arena;
  private final Map<String, OrtTensor> converted = new LinkedHashMap<>();

  /**
   * @param arena holds converted weights; outlives the session
   */
  FloatProducts(ModelWeights weights, OnnxGraph graph, Arena arena) {
    this.weights = weights;
    this.graph = graph;
    this.epsilon = weights.config().rmsNormEps();
    this.arena = arena;
  }

  /** Weights that are not external data, by their names in the graph. */
  Map<String, OrtTensor> converted() {
    return converted;
  }

  @Override
  public void afterNorm(String x, String gamma, int layer, String output, WeightRole... roles) {
    String normed = output + ".normed";
    graph
        .node("SimplifiedLayerNormalization", List.of(x, gamma), List.of(normed))
        .attribute("axis", -1)
        .attribute("epsilon", epsilon)
        .attribute("stash_type", 1);
    if (roles.length == 1) {
      product(normed, layer, output, roles[0]);
      return;
    }
    List<String> parts = new ArrayList<>();
    for (WeightRole role : roles) {
      parts.add(output + "." + role);
      product(normed, layer, parts.getLast(), role);
    }
    graph.node("Concat", parts, List.of(output)).attribute("axis", 1);
  }

  @Override
  public void ontoResidual(String x, String residual, int layer, String output, WeightRole role) {
    product(x, layer, output + ".product", role);
    graph.node("Add", List.of(residual, output + ".product"), List.of(output));
  }

  @Override
  public void afterSwiGlu(
      String gateUp, String residual, int layer, String output, WeightRole role) {
    String gate = output + ".gate";
    String up = output + ".up";
    graph
        .node("Split", List.of(gateUp), List.of(gate, up))
        .attribute("axis", 1)
        .attribute("num_outputs", 2);
    graph.node("Sigmoid", List.of(gate), List.of(output + ".sigmoid"));
    graph.node("Mul", List.of(gate, output + ".sigmoid"), List.of(output + ".silu"));
    graph.node("Mul", List.of(output + ".silu", up), List.of(output + ".gated"));
    ontoResidual(output + ".gated", residual, layer, output, role);
  }

  private void product(String x, int layer, String output, WeightRole role) {
    List<String> inputs = new ArrayList<>(List.of(x, matrix(role, layer)));
    float[] bias = Biases.of(weights, layer, List.of(role));
    if (bias.length > 0) {
      inputs.add(graph.constant(output + ".bias", bias, bias.length));
    }
    graph.node("Gemm", inputs, List.of(output)).attribute("transB", 1);
  }

  private String matrix(WeightRole role, int layer) {
    String name = role + "." + layer;
    Tensor tensor = weights.tensor(role, layer);
    long[] shape = tensor.shape();
    long bytes = tensor.elements() * Float.BYTES;
    graph.external(
        name,
        OnnxType.FLOAT,
        tensor.file().getFileName().toString(),
        tensor.offset(),
        bytes,
        shape);
    if (tensor.dtype() != DType.F32 || !weights.inOrder(role)) {
      converted.put(name, convert(role, layer, tensor));
    }
    return name;
  }

  private OrtTensor convert(WeightRole role, int layer, Tensor tensor) {
    int rows = Math.toIntExact(tensor.rows());
    int columns = Math.toIntExact(tensor.columns());
    MemorySegment memory = arena.allocate(tensor.elements() * Float.BYTES, 64);
    float[] row = new float[columns];
    for (int r = 0; r < rows; r++) {
      weights.row(role, layer, r, row, 0);
      MemorySegment.copy(
          row, 0, memory, ValueLayout.JAVA_FLOAT, (long) r * columns * Float.BYTES, columns);
    }
    return OrtTensor.over(arena, memory, ElementType.FLOAT, tensor.shape());
  }
}
