package platform.deepseek.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OnnxGraphTest {

  private final OnnxGraph graph = new OnnxGraph("tiny");

  @Test
  void aModelIsWrittenAsOnnxDescribesIt() {
    graph.input("x", OnnxType.FLOAT, "rows", 2);
    graph.external("w", OnnxType.FLOAT16, "../model.safetensors", 5_000_000_000L, 12, 3, 2);
    graph.constant("b", new float[] {1f, -2f, 0.5f}, 3);
    graph.node("Cast", List.of("w"), List.of("w32")).attribute("to", 1);
    graph.node("Gemm", List.of("x", "w32", "b"), List.of("y")).attribute("transB", 1);
    graph
        .node("Attend", OnnxGraph.DEEPSEEK, List.of("y", "", "x"), List.of("z"))
        .attribute("scale", 0.125f)
        .attribute("mode", "causal")
        .attribute("sizes", 1, -1)
        .attribute("factors", 0.5f, 2f);
    graph.output("z", OnnxType.FLOAT, "rows", 3);

    assertThat(OnnxText.of(graph.toBytes()))
        .isEqualTo(
            """
            ir_version 10
            producer_name 'deepseek-platform'
            graph
              node
                input 'w'
                output 'w32'
                name 'w32/Cast'
                op_type 'Cast'
                attribute
                  name 'to'
                  i 1
                  type 2
              node
                input 'x'
                input 'w32'
                input 'b'
                output 'y'
                name 'y/Gemm'
                op_type 'Gemm'
                attribute
                  name 'transB'
                  i 1
                  type 2
              node
                input 'y'
                input ''
                input 'x'
                output 'z'
                name 'z/Attend'
                op_type 'Attend'
                attribute
                  name 'scale'
                  f 0.125
                  type 1
                attribute
                  name 'mode'
                  s 'causal'
                  type 3
                attribute
                  name 'sizes'
                  ints 1
                  ints -1
                  type 7
                attribute
                  name 'factors'
                  floats 0.5
                  floats 2.0
                  type 6
                domain 'deepseek'
              name 'tiny'
              initializer
                dims 3
                dims 2
                data_type 10
                name 'w'
                external_data
                  key 'location'
                  value '../model.safetensors'
                external_data
                  key 'offset'
                  value '5000000000'
                external_data
                  key 'length'
                  value '12'
                data_location 1
              initializer
                dims 3
                data_type 1
                name 'b'
                raw_data 0000803f000000c00000003f
              input
                name 'x'
                type
                  tensor_type
                    elem_type 1
                    shape
                      dim
                        param 'rows'
                      dim
                        value 2
              output
                name 'z'
                type
                  tensor_type
                    elem_type 1
                    shape
                      dim
                        param 'rows'
                      dim
                        value 3
            opset_import
              domain ''
              version 21
            opset_import
              domain 'com.microsoft'
              version 1
            opset_import
              domain 'deepseek'
              version 1
            """);
  }

  @Test
  void integersAreWrittenLittleEndian() {
    graph.constant("axes", new long[] {-1, 258}, 2);
    graph.constant("count", new int[] {7});
    graph.constant("zero", OnnxType.UINT8, new byte[] {(byte) 128});

    assertThat(OnnxText.of(graph.toBytes()))
        .contains("data_type 7\n    name 'axes'\n    raw_data ffffffffffffffff0201000000000000")
        .contains("data_type 6\n    name 'count'\n    raw_data 07000000")
        .contains("data_type 2\n    name 'zero'\n    raw_data 80");
  }

  @Test
  void namesOutsideAsciiAreUtf8() {
    graph.input("wörter", OnnxType.INT64, "数");

    assertThat(OnnxText.of(graph.toBytes())).contains("'wörter'").contains("param '数'");
  }

  @Test
  void aNameIsDefinedOnce() {
    graph.input("x", OnnxType.FLOAT, 1);

    assertThatThrownBy(() -> graph.constant("x", new float[] {1}, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'x' is empty or defined twice");
  }

  @Test
  void aNodeReadsWhatIsMadeBeforeIt() {
    assertThatThrownBy(() -> graph.node("Relu", List.of("x"), List.of("y")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Relu reads x, which nothing makes");
    assertThat(graph.defines("y")).isFalse();
  }

  @Test
  void aConstantsBytesFitItsShape() {
    assertThatThrownBy(() -> graph.constant("c", new float[] {1, 2, 3}, 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("c of shape [2, 2] in FLOAT takes 16 bytes, 12 were given");
    assertThatThrownBy(() -> graph.external("w", OnnxType.INT8, "w.bin", 0, 5, 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("w of shape [2, 2] in INT8 takes 4 bytes, 5 were given");
  }

  @Test
  void anOutputIsMadeBySomeNode() {
    graph.output("y", OnnxType.FLOAT, 1);

    assertThatThrownBy(graph::toBytes)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("output y is made by no node");
  }

  @Test
  void domainsAndAttributesAreChecked() {
    graph.input("x", OnnxType.FLOAT, 1);
    var node = graph.node("Softmax", List.of("x"), List.of("y")).attribute("axis", -1);

    assertThatThrownBy(() -> node.attribute("axis", 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("y/Softmax has the attribute axis twice");
    assertThatThrownBy(() -> graph.node("Relu", "elsewhere", List.of("x"), List.of("z")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Relu is of domain elsewhere");
  }
}
