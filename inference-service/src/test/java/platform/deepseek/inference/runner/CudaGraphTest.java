package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.OnnxText;

class CudaGraphTest {

  private static final Pattern NODE =
      Pattern.compile(
          "  node\n((?:    (?:input|output) '.*'\n)+)    name '.*'\n    op_type '(.*)'\n");
  private static final Pattern VALUE = Pattern.compile("    (input|output) '(.*)'\n");

  private static CudaGraph graph(String model, CudaPrecision precision) {
    return new CudaGraph(
        ModelConfig.fromHuggingFace(Fixtures.path("models/" + model)), precision, 208);
  }

  @Test
  void aLayerOfQwen2IsPackedProductsAndOneAttention() {
    assertThat(nodes(graph("qwen2_untied", CudaPrecision.FP16)).subList(0, 17))
        .containsExactly(
            "Gather(embedding, ids) -> embedded",
            "SimplifiedLayerNormalization(embedded, layer0.attention_norm)"
                + " -> layer0.attention_normed",
            "FusedMatMul(layer0.attention_normed, layer0.qkv) -> layer0.qkv_product",
            "Add(layer0.qkv_product, layer0.qkv_bias) -> layer0.qkv_rows",
            "GroupQueryAttention(layer0.qkv_rows, , , past_key.0, past_value.0, lengths, total,"
                + " cosines, sines) -> layer0.attended, present_key.0, present_value.0",
            "FusedMatMul(layer0.attended, layer0.o) -> layer0.attention_out",
            "SkipSimplifiedLayerNormalization(embedded, layer0.attention_out, layer0.mlp_norm)"
                + " -> layer0.mlp_normed, , , layer0.attention_sum",
            "FusedMatMul(layer0.mlp_normed, layer0.gate_up) -> layer0.gate_up_rows",
            "Split(layer0.gate_up_rows) -> layer0.gate, layer0.up",
            "Sigmoid(layer0.gate) -> layer0.sigmoid",
            "Mul(layer0.gate, layer0.sigmoid) -> layer0.silu",
            "Mul(layer0.silu, layer0.up) -> layer0.gated",
            "FusedMatMul(layer0.gated, layer0.down) -> layer0.mlp_out",
            "SkipSimplifiedLayerNormalization(layer0.attention_sum, layer0.mlp_out,"
                + " layer1.attention_norm) -> layer1.attention_normed, , , layer0.sum",
            "FusedMatMul(layer1.attention_normed, layer1.qkv) -> layer1.qkv_product",
            "Add(layer1.qkv_product, layer1.qkv_bias) -> layer1.qkv_rows",
            "GroupQueryAttention(layer1.qkv_rows, , , past_key.1, past_value.1, lengths, total,"
                + " cosines, sines) -> layer1.attended, present_key.1, present_value.1");
  }

  @Test
  void logitsAndHiddenStatesLeaveInFloat32ForTheRowsAskedFor() {
    List<String> nodes = nodes(graph("qwen2_untied", CudaPrecision.BF16));

    assertThat(nodes.subList(nodes.size() - 8, nodes.size()))
        .containsExactly(
            "SkipSimplifiedLayerNormalization(layer1.attention_sum, layer1.mlp_out, final_norm)"
                + " -> final_normed, , , layer1.sum",
            "Reshape(final_normed, rows_shape) -> final_rows",
            "Gather(final_rows, logit_rows) -> last",
            "FusedMatMul(last, head) -> scores",
            "Cast(scores) -> logits",
            "Reshape(layer1.sum, rows_shape) -> sum_rows",
            "Gather(sum_rows, hidden_rows) -> hidden_states",
            "Cast(hidden_states) -> hidden");
  }

  @Test
  void aTiedHeadIsTheEmbeddingItself() {
    CudaGraph tied = graph("qwen2_tied", CudaPrecision.FP16);

    assertThat(nodes(tied)).contains("FusedMatMul(last, embedding) -> scores");
    assertThat(tied.weights()).extracting(CudaWeight::name).doesNotContain("head");
  }

  @Test
  void qwen3NormalisesTheHeadsOfQueriesAndKeysBeforeAttentionTurnsThem() {
    assertThat(nodes(graph("qwen3", CudaPrecision.FP16)))
        .containsSubsequence(
            "Split(layer2.qkv_rows, qkv_sizes) -> layer2.q, layer2.k, layer2.v",
            "Reshape(layer2.q, q_heads) -> layer2.q_heads",
            "SimplifiedLayerNormalization(layer2.q_heads, layer2.q_norm) -> layer2.q_normed",
            "Reshape(layer2.q_normed, q_rows) -> layer2.q_turnable",
            "Reshape(layer2.k, k_heads) -> layer2.k_heads",
            "SimplifiedLayerNormalization(layer2.k_heads, layer2.k_norm) -> layer2.k_normed",
            "Reshape(layer2.k_normed, k_rows) -> layer2.k_turnable",
            "GroupQueryAttention(layer2.q_turnable, layer2.k_turnable, layer2.v, past_key.2,"
                + " past_value.2, lengths, total, cosines, sines) -> layer2.attended,"
                + " present_key.2, present_value.2");
  }

  @Test
  void attentionSharesBuffersOfAllPositionsOfASlot() {
    assertThat(OnnxText.of(graph("qwen2_tied", CudaPrecision.FP16).toBytes()))
        .contains(
            """
                op_type 'GroupQueryAttention'
                attribute
                  name 'num_heads'
                  i 4
                  type 2
                attribute
                  name 'kv_num_heads'
                  i 2
                  type 2
                attribute
                  name 'do_rotary'
                  i 1
                  type 2
                domain 'com.microsoft'
            """)
        .contains(
            """
              input
                name 'past_key.0'
                type
                  tensor_type
                    elem_type 10
                    shape
                      dim
                        param 'batch'
                      dim
                        value 2
                      dim
                        value 208
                      dim
                        value 16
            """);
  }

  /** Each node as one line: operator(inputs) -> outputs. */
  private static List<String> nodes(CudaGraph graph) {
    List<String> nodes = new ArrayList<>();
    Matcher node = NODE.matcher(OnnxText.of(graph.toBytes()));
    while (node.find()) {
      List<String> inputs = new ArrayList<>();
      List<String> outputs = new ArrayList<>();
      Matcher value = VALUE.matcher(node.group(1));
      while (value.find()) {
        (value.group(1).equals("input") ? inputs : outputs).add(value.group(2));
      }
      nodes.add(
          "%s(%s) -> %s"
              .formatted(node.group(2), String.join(", ", inputs), String.join(", ", outputs)));
    }
    return nodes;
  }
}
