package platform.deepseek.inference.runner;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.OnnxGraph;
import platform.deepseek.inference.model.OnnxType;
import platform.deepseek.inference.model.WeightRole;

/**
 * The graph of a decoder over packed rows: every row is a token of some sequence, and which one
 * only attention knows. Written here as Llama, Qwen2 and Qwen3 have it; with latent attention QKV
 * is made in two steps, and in layers with experts DOWN and GATE, UP stand for the shared ones,
 * onto which those that a row chose are added.
 *
 * <pre>
 *   x      = embedding(ids)                                     ids [rows, 1]
 *   x     += O * attention(QKV * norm(x))                       for each layer
 *   x     += DOWN * swiglu(GATE, UP * norm(x))
 *   logits = HEAD * norm(x[logit_rows])                         logit_rows [outputs]
 *   last   = x[hidden_rows]                                     hidden_rows [hidden]
 * </pre>
 *
 * The last hidden states leave before the norm: one row of them in a step where nobody asks.
 *
 * <p>How a product is written, with norm and SwiGLU before it and the sum after it, is the business
 * of {@link DecoderProducts}: that is where precisions differ.
 */
final class DecoderGraph {

  static final String IDS = "ids";
  static final String LOGIT_ROWS = "logit_rows";
  static final String LOGITS = "logits";
  static final String HIDDEN_ROWS = "hidden_rows";
  static final String HIDDEN = "hidden";

  private final ModelWeights weights;
  private final ModelConfig config;
  private final OnnxGraph graph;
  private final DecoderProducts products;
  private int sparseLayers;

  private DecoderGraph(ModelWeights weights, OnnxGraph graph, DecoderProducts products) {
    this.weights = weights;
    this.config = weights.config();
    this.graph = graph;
    this.products = products;
  }

  /** Adds the whole decoder to a graph. */
  static void build(ModelWeights weights, OnnxGraph graph, DecoderProducts products) {
    new DecoderGraph(weights, graph, products).build();
  }

  private void build() {
    graph.input(IDS, OnnxType.INT64, "rows", 1);
    graph.input(LOGIT_ROWS, OnnxType.INT64, "outputs");
    graph.input(HIDDEN_ROWS, OnnxType.INT64, "hidden_outputs");
    graph.node("Embedding", OnnxGraph.DEEPSEEK, List.of(IDS), List.of("embedded"));
    String x = "embedded";
    for (int layer = 0; layer < config.layers(); layer++) {
      x = attention(layer, x);
      x = feedForward(layer, x);
    }
    graph.node("Gather", List.of(x, LOGIT_ROWS), List.of("last")).attribute("axis", 0);
    products.afterNorm("last", norm(WeightRole.FINAL_NORM, 0), 0, LOGITS, WeightRole.HEAD);
    graph.output(LOGITS, OnnxType.FLOAT, "outputs", "padded_vocabulary");
    graph.node("Gather", List.of(x, HIDDEN_ROWS), List.of(HIDDEN)).attribute("axis", 0);
    graph.output(HIDDEN, OnnxType.FLOAT, "hidden_outputs", config.hidden());
  }

  private String attention(int layer, String x) {
    return config.latent().isPresent() ? latentAttention(layer, x) : headAttention(layer, x);
  }

  private String headAttention(int layer, String x) {
    String name = "layer" + layer + ".";
    String gamma = norm(WeightRole.ATTENTION_NORM, layer);
    products.afterNorm(x, gamma, layer, name + "qkv", WeightRole.Q, WeightRole.K, WeightRole.V);
    List<String> inputs = new ArrayList<>(List.of(name + "qkv"));
    if (config.qkNorm()) {
      inputs.add(norm(WeightRole.Q_NORM, layer));
      inputs.add(norm(WeightRole.K_NORM, layer));
    }
    graph
        .node("Attention", OnnxGraph.DEEPSEEK, inputs, List.of(name + "attended"))
        .attribute("layer", layer)
        .attribute("normed", config.qkNorm() ? 1 : 0);
    products.ontoResidual(name + "attended", x, layer, name + "attention_sum", WeightRole.O);
    return name + "attention_sum";
  }

  private String latentAttention(int layer, String x) {
    String name = "layer" + layer + ".";
    String gamma = norm(WeightRole.ATTENTION_NORM, layer);
    if (config.latent().orElseThrow().queryRank() == 0) {
      products.afterNorm(x, gamma, layer, name + "q", WeightRole.Q);
    } else {
      products.afterNorm(x, gamma, layer, name + "q_a", WeightRole.Q_A);
      String innerGamma = norm(WeightRole.Q_A_NORM, layer);
      products.afterNorm(name + "q_a", innerGamma, layer, name + "q", WeightRole.Q_B);
    }
    products.afterNorm(x, gamma, layer, name + "kv", WeightRole.KV_A);
    graph
        .node(
            "LatentAttention",
            OnnxGraph.DEEPSEEK,
            List.of(name + "q", name + "kv", norm(WeightRole.KV_A_NORM, layer)),
            List.of(name + "attended"))
        .attribute("layer", layer);
    products.ontoResidual(name + "attended", x, layer, name + "attention_sum", WeightRole.O);
    return name + "attention_sum";
  }

  private String feedForward(int layer, String x) {
    return config.sparse(layer) ? experts(layer, x) : dense(layer, x);
  }

  private String experts(int layer, String x) {
    String name = "layer" + layer + ".";
    String gamma = norm(WeightRole.MLP_NORM, layer);
    String addend = x;
    if (config.mixture().orElseThrow().sharedIntermediate() > 0) {
      String gateUp = name + "shared_gate_up";
      addend = name + "shared_sum";
      products.afterNorm(x, gamma, layer, gateUp, WeightRole.SHARED_GATE, WeightRole.SHARED_UP);
      products.afterSwiGlu(gateUp, x, layer, addend, WeightRole.SHARED_DOWN);
    }
    graph
        .node("Experts", OnnxGraph.DEEPSEEK, List.of(x, gamma, addend), List.of(name + "sum"))
        .attribute("experts", sparseLayers++);
    return name + "sum";
  }

  private String dense(int layer, String x) {
    String name = "layer" + layer + ".";
    String gamma = norm(WeightRole.MLP_NORM, layer);
    products.afterNorm(x, gamma, layer, name + "gate_up", WeightRole.GATE, WeightRole.UP);
    products.afterSwiGlu(name + "gate_up", x, layer, name + "sum", WeightRole.DOWN);
    return name + "sum";
  }

  /** A norm's weights as a constant of the graph. */
  private String norm(WeightRole role, int layer) {
    float[] gamma = weights.vector(role, layer);
    return graph.constant(role + "." + layer, gamma, gamma.length);
  }
}
