package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.OnnxNode;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.ops.BlockFormat;
import platform.deepseek.inference.ops.BlockMatrix;
import platform.deepseek.inference.ops.MatrixPacker;

/**
 * Products by the operator {@code Product}, which does norm, SwiGLU, bias and residual on the way:
 * five nodes a layer. Packs the matrices as it goes.
 */
final class QuantizedProducts implements DecoderProducts {

  private static final int PREPARE_NOTHING = 0;
  private static final int PREPARE_NORM = 1;
  private static final int PREPARE_SWIGLU = 2;
  private static final int ADD_NOTHING = 0;
  private static final int ADD_RESIDUAL = 1;
  private static final int ADD_BIAS = 2;

  private final ModelWeights weights;
  private final OnnxGraph graph;
  private final Precision precision;
  private final IntConsumer packed;
  private final List<BlockMatrix> matrices = new ArrayList<>();

  /**
   * @param packed told the number of matrices after each one: the progress of loading
   */
  QuantizedProducts(
      ModelWeights weights, OnnxGraph graph, Precision precision, IntConsumer packed) {
    this.weights = weights;
    this.graph = graph;
    this.precision = precision;
    this.packed = packed;
  }

  /** The matrices in the order of their numbers in the graph. */
  List<BlockMatrix> matrices() {
    return matrices;
  }

  @Override
  public void afterNorm(String x, String gamma, int layer, String output, WeightRole... roles) {
    List<WeightRole> all = Arrays.asList(roles);
    if (all.stream().map(role -> format(role, layer)).distinct().count() == 1) {
      productAfterNorm(x, gamma, layer, output, all);
      return;
    }
    // A file may quantise v finer than q and k: then each keeps its format.
    List<String> parts = new ArrayList<>();
    for (WeightRole role : roles) {
      parts.add(output + "." + role);
      productAfterNorm(x, gamma, layer, parts.getLast(), List.of(role));
    }
    graph.node("Concat", parts, List.of(output)).attribute("axis", 1);
  }

  private void productAfterNorm(
      String x, String gamma, int layer, String output, List<WeightRole> roles) {
    String bias = bias(layer, output, roles);
    product(bias == null ? List.of(x, gamma) : List.of(x, gamma, bias), output)
        .attribute("matrix", pack(layer, roles))
        .attribute("prepare", PREPARE_NORM)
        .attribute("addend", bias == null ? ADD_NOTHING : ADD_BIAS);
  }

  @Override
  public void ontoResidual(String x, String residual, int layer, String output, WeightRole role) {
    product(List.of(x, "", residual), output)
        .attribute("matrix", pack(layer, List.of(role)))
        .attribute("prepare", PREPARE_NOTHING)
        .attribute("addend", ADD_RESIDUAL);
  }

  @Override
  public void afterSwiGlu(
      String gateUp, String residual, int layer, String output, WeightRole role) {
    product(List.of(gateUp, "", residual), output)
        .attribute("matrix", pack(layer, List.of(role)))
        .attribute("prepare", PREPARE_SWIGLU)
        .attribute("addend", ADD_RESIDUAL);
  }

  private OnnxNode product(List<String> inputs, String output) {
    return graph.node("Product", OnnxGraph.DEEPSEEK, inputs, List.of(output));
  }

  private String bias(int layer, String output, List<WeightRole> roles) {
    float[] values = Biases.of(weights, layer, roles);
    return values.length == 0 ? null : graph.constant(output + ".bias", values, values.length);
  }

  private int pack(int layer, List<WeightRole> roles) {
    List<MatrixPacker.Part> parts =
        roles.stream()
            .map(
                role ->
                    new MatrixPacker.Part(
                        weights.tensor(role, layer), row -> weights.sourceRow(role, row)))
            .toList();
    matrices.add(MatrixPacker.pack(format(roles.getFirst(), layer), parts));
    packed.accept(matrices.size());
    return matrices.size() - 1;
  }

  private BlockFormat format(WeightRole role, int layer) {
    return precision.format(role, weights.tensor(role, layer).dtype());
  }
}
