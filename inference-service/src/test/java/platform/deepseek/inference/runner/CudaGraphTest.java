package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.OnnxText;
import platform.deepseek.inference.model.WeightRole;

class CudaGraphTest {

  private static final Pattern NODE =
      Pattern.compile(
          "  node\n((?:    (?:input|output) '.*'\n)+)    name '.*'\n    op_type '(.*)'\n");
  private static final Pattern VALUE = Pattern.compile("    (input|output) '(.*)'\n");

  private static CudaGraph graph(String model, CudaPrecision precision) {
    return graph(model, CudaNumbers.published(precision));
  }

  private static CudaGraph graph(String model, CudaNumbers numbers) {
    return new CudaGraph(ModelConfig.fromHuggingFace(Fixtures.path("models/" + model)), numbers);
  }

  @Test
  void aLayerIsFourProductsAndWhatLiesBetweenThem() {
    assertThat(nodes(graph("qwen2_untied", CudaPrecision.FP16)).subList(0, 11))
        .containsExactly(
            "Embed(ids) -> embedded",
            "Norm(embedded) -> layer0.attention_normed",
            "FusedMatMul(layer0.attention_normed, layer0.qkv) -> layer0.qkv_rows",
            "Attention(layer0.qkv_rows) -> layer0.attended",
            "FusedMatMul(layer0.attended, layer0.o) -> layer0.attention_out",
            "AddNorm(embedded, layer0.attention_out) -> layer0.mlp_normed, layer0.attention_sum",
            "FusedMatMul(layer0.mlp_normed, layer0.gate_up) -> layer0.gate_up_rows",
            "SwiGlu(layer0.gate_up_rows) -> layer0.gated",
            "FusedMatMul(layer0.gated, layer0.down) -> layer0.mlp_out",
            "AddNorm(layer0.attention_sum, layer0.mlp_out) -> layer1.attention_normed, layer0.sum",
            "FusedMatMul(layer1.attention_normed, layer1.qkv) -> layer1.qkv_rows");
  }

  @Test
  void logitsAreMadeOfTheRowsAskedFor() {
    List<String> nodes = nodes(graph("qwen2_untied", CudaPrecision.BF16));

    assertThat(nodes.subList(nodes.size() - 3, nodes.size()))
        .containsExactly(
            "AddNorm(layer1.attention_sum, layer1.mlp_out) -> final_normed, layer1.sum",
            "Select(final_normed, layer1.sum, wanted) -> selected",
            "FusedMatMul(selected, head) -> logits");
  }

  @Test
  void logitsOfABfloat16ModelAreFloat16() {
    assertThat(OnnxText.of(graph("qwen2_untied", CudaPrecision.BF16).toBytes()))
        .contains(
            """
              output
                name 'logits'
                type
                  tensor_type
                    elem_type 10
            """);
  }

  @Test
  void aTiedHeadIsAnInputLikeAnyOther() {
    assertThat(graph("qwen2_tied", CudaPrecision.BF16).weights())
        .containsEntry(
            "head",
            new CudaGraph.WeightInput(
                new CudaWeight(
                    "head",
                    0,
                    List.of(WeightRole.HEAD),
                    List.of(512L, 64L),
                    CudaPrecision.FP16,
                    WeightFormat.PUBLISHED),
                List.of(512L, 64L),
                0));
  }

  @Test
  void quantisedMatricesBecomeElementsRightBeforeTheirProducts() {
    CudaGraph graph = graph("qwen2_untied", new CudaNumbers(CudaPrecision.FP16, WeightFormat.INT4));

    assertThat(graph.weights()).containsOnlyKeys("head");
    assertThat(nodes(graph).subList(2, 7))
        .containsExactly(
            "Dequantize(layer0.attention_normed) -> layer0.qkv",
            "FusedMatMul(layer0.attention_normed, layer0.qkv) -> layer0.qkv_rows",
            "Attention(layer0.qkv_rows) -> layer0.attended",
            "Dequantize(layer0.attended) -> layer0.o",
            "FusedMatMul(layer0.attended, layer0.o) -> layer0.attention_out");
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
