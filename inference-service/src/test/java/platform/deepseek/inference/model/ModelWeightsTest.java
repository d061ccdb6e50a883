package platform.deepseek.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.Fixtures;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.Tensor;

class ModelWeightsTest {

  @TempDir Path temporary;

  /** A checkpoint with some tensors changed, as a damaged or foreign one would have them. */
  private record Changed(Map<String, Tensor> tensors, Checkpoint original) implements Checkpoint {
    @Override
    public void close() {
      original.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "qwen2_tied",
        "qwen2_untied",
        "qwen2_bf16",
        "qwen2_sharded",
        "llama3_rope",
        "qwen3",
        "qwen3_moe",
        "deepseek_v2",
        "deepseek_v3",
        "deepseek_v3_fp8"
      })
  void everyRoleOfEveryPublishedModelIsFound(String model) {
    Path folder = Fixtures.path("models/" + model);
    try (var checkpoint = Checkpoint.open(folder)) {
      var config = ModelConfig.fromHuggingFace(folder);
      var weights = new ModelWeights(config, checkpoint);

      for (var role : WeightRole.values()) {
        assertThat(weights.has(role)).isEqualTo(role.presentIn(config));
        int layers = role.perLayer() ? config.layers() : 1;
        for (int layer = 0; layer < layers; layer++) {
          if (role.presentIn(config, layer)) {
            int last = role.perExpert() ? config.mixture().orElseThrow().experts() - 1 : 0;
            assertThat(weights.tensor(role, layer, last).shape())
                .containsExactly(role.shape(config));
          }
        }
      }
      var head = weights.tensor(WeightRole.HEAD).name();
      assertThat(head.equals(weights.tensor(WeightRole.EMBEDDING).name()))
          .isEqualTo(config.tiedEmbeddings());
    }
  }

  /** The GGUF files are quantised copies: the same row, up to the rounding, and no other row. */
  @ParameterizedTest
  @CsvSource({"tiny_llama_mixed, llama3_rope", "tiny_qwen2_q8_0, qwen2_tied"})
  void ggufRowsAreThoseOfTheOriginalInItsOrder(String gguf, String original) {
    Path folder = Fixtures.path("models/" + original);
    try (var file = GgufFile.open(Fixtures.path("gguf/" + gguf + ".gguf"));
        var checkpoint = Checkpoint.open(folder)) {
      var config = ModelConfig.fromHuggingFace(folder);
      var expected = new ModelWeights(config, checkpoint);
      var found = new ModelWeights(ModelConfig.fromGguf(file), file);

      for (var role : WeightRole.values()) {
        for (int layer = 0;
            expected.has(role) && layer < (role.perLayer() ? config.layers() : 1);
            layer++) {
          var shape = role.shape(config);
          if (shape.length == 1) {
            assertThat(found.vector(role, layer)).containsExactly(expected.vector(role, layer));
          } else {
            var one = new float[(int) shape[1]];
            var other = new float[(int) shape[1]];
            for (int row = 0; row < shape[0]; row++) {
              expected.row(role, layer, row, one, 0);
              found.row(role, layer, row, other, 0);
              assertThat(cosine(one, other)).as("%s %d %d", role, layer, row).isGreaterThan(0.98);
            }
          }
        }
      }
    }
  }

  @Test
  void bytesOfARowAreThoseOfItsValues() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_llama_mixed.gguf"))) {
      var weights = new ModelWeights(ModelConfig.fromGguf(file), file);
      for (int row = 0; row < 64; row++) {
        var tensor = weights.tensor(WeightRole.Q, 1);
        var fromRow = new float[64];
        var fromBytes = new float[64];
        weights.row(WeightRole.Q, 1, row, fromRow, 0);
        Dequantizer.toFloat(
            tensor.dtype(), weights.rowBytes(WeightRole.Q, 1, row), 0, fromBytes, 0, 64);

        assertThat(fromBytes).containsExactly(fromRow);
      }
    }
  }

  @Test
  void expertsOfAGgufFileArePartsOfOneMappedTensor() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_deepseek2_v3.gguf"))) {
      var weights = new ModelWeights(ModelConfig.fromGguf(file), file);
      var all = file.tensors().get("blk.1.ffn_down_exps.weight");
      var third = weights.tensor(WeightRole.EXPERT_DOWN, 1, 3);
      long bytes = all.data().byteSize() / 8;

      assertThat(all.shape()).containsExactly(8, 64, 32);
      assertThat(third.shape()).containsExactly(64, 32);
      assertThat(third.data().address()).isEqualTo(all.data().address() + 3 * bytes);
      assertThat(third.data().byteSize()).isEqualTo(bytes);
      assertThat(third.offset()).isEqualTo(all.offset() + 3 * bytes);
    }
  }

  @Test
  void halvesOfLatentsHaveTheRowsOfAllHeads() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_deepseek2_v3.gguf"))) {
      var weights = new ModelWeights(ModelConfig.fromGguf(file), file);

      assertThat(weights.has(WeightRole.KV_B)).isFalse();
      assertThat(weights.tensor(WeightRole.K_B, 2).shape()).containsExactly(2 * 32, 32);
      assertThat(weights.tensor(WeightRole.V_B, 2).shape()).containsExactly(2 * 32, 32);
      assertThat(weights.inOrder(WeightRole.K_B)).isTrue();
    }
  }

  @Test
  void halvesBesideTheWholeAreNotUsed() throws IOException {
    Path file = temporary.resolve("both.gguf");
    var both = GgufOfFolder.of(Fixtures.path("models/deepseek_v2")).form(GgufOfFolder.Form.WHOLE);
    both.metadata().tensor("blk.1.attn_k_b.weight", DType.F32, new float[8], 8);
    both.metadata().tensor("blk.1.attn_v_b.weight", DType.F32, new float[8], 8);
    both.write(file);
    try (var gguf = GgufFile.open(file)) {
      assertThat(new ModelWeights(ModelConfig.fromGguf(gguf), gguf).has(WeightRole.K_B)).isFalse();
    }
  }

  @Test
  void expertsOfALayerThatIsNotThereAreRefused() throws IOException {
    Path file = temporary.resolve("experts.gguf");
    var further = GgufOfFolder.of(Fixtures.path("models/qwen3_moe"));
    further.metadata().tensor("blk.7.ffn_gate_exps.weight", DType.F32, new float[8], 1, 1, 8);
    further.write(file);
    try (var gguf = GgufFile.open(file)) {
      var config = ModelConfig.fromGguf(gguf);
      assertThatThrownBy(() -> new ModelWeights(config, gguf))
          .hasMessageContaining("tensor blk.7.ffn_gate_exps.weight has no place in QWEN3_MOE");
    }
  }

  @Test
  void neighboursOfAHeadComeFromItsTwoHalves() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_llama_mixed.gguf"))) {
      var weights = new ModelWeights(ModelConfig.fromGguf(file), file);

      assertThat(weights.inOrder(WeightRole.K)).isFalse();
      assertThat(weights.inOrder(WeightRole.V)).isTrue();
      assertThat(weights.sourceRow(WeightRole.K, 16)).isEqualTo(16);
      assertThat(weights.sourceRow(WeightRole.K, 17)).isEqualTo(18);
      assertThat(weights.sourceRow(WeightRole.K, 24)).isEqualTo(17);
      assertThat(weights.sourceRow(WeightRole.K, 31)).isEqualTo(31);
      assertThat(weights.sourceRow(WeightRole.V, 17)).isEqualTo(17);
    }
  }

  @Test
  void aMissingTensorIsNamed() {
    assertFault(
        "tensor model.layers.1.mlp.up_proj.weight (UP)",
        "model_tensor_missing",
        "model.layers.1.mlp.up_proj.weight",
        tensor -> null);
  }

  @Test
  void aWrongShapeIsNamedWithBothShapes() {
    assertFault(
        "tensor model.norm.weight must have shape [64] by the model's config, it has [8, 8]",
        "model_tensor_mismatched",
        "model.norm.weight",
        tensor -> with(tensor, tensor.dtype(), 8, 8));
  }

  @Test
  void integersAreNoWeights() {
    assertFault(
        "tensor model.norm.weight holds I32",
        "model_tensor_mismatched",
        "model.norm.weight",
        tensor -> with(tensor, DType.I32, 64));
  }

  @Test
  void aTensorWithoutAPlaceIsRefused() {
    assertFault(
        "tensor model.layers.0.self_attn.o_proj.bias has no place in QWEN2 with 3 layers",
        "model_tensor_unexpected",
        "model.layers.0.self_attn.o_proj.bias",
        tensor ->
            new Tensor(
                "model.layers.0.self_attn.o_proj.bias",
                DType.F32,
                new long[] {1},
                Path.of("model.safetensors"),
                0,
                MemorySegment.ofArray(new byte[4])));
  }

  /** DeepSeek stores pairs of channels that are turned as neighbours; a query's content is not. */
  @Test
  void turnedChannelsOfLatentAttentionAreHalfAHeadApart() {
    Path folder = Fixtures.path("models/deepseek_v3");
    try (var checkpoint = Checkpoint.open(folder)) {
      var weights = new ModelWeights(ModelConfig.fromHuggingFace(folder), checkpoint);

      assertThat(IntStream.range(0, 48).map(row -> weights.sourceRow(WeightRole.Q_B, row)))
          .startsWith(0, 1, 2)
          .containsSequence(15, 16, 18, 20, 22, 24, 26, 28, 30, 17, 19)
          .endsWith(32 + 13, 32 + 14, 32 + 15);
      assertThat(IntStream.range(0, 48).map(row -> weights.sourceRow(WeightRole.KV_A, row)))
          .containsSequence(30, 31, 32, 34, 36)
          .endsWith(45, 47);
    }
  }

  /** Files have the key and then the value of each of four heads, 16 rows each. */
  @Test
  void keysOfAllHeadsComeBeforeValuesInTheMatrixFromLatents() {
    Path folder = Fixtures.path("models/deepseek_v3");
    try (var checkpoint = Checkpoint.open(folder)) {
      var weights = new ModelWeights(ModelConfig.fromHuggingFace(folder), checkpoint);

      assertThat(weights.inOrder(WeightRole.KV_B)).isFalse();
      assertThat(IntStream.range(0, 128).map(row -> weights.sourceRow(WeightRole.KV_B, row)))
          .startsWith(0, 1, 2)
          .containsSequence(15, 32, 33)
          .containsSequence(96 + 15, 16, 17)
          .endsWith(126, 127)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void aLayerThatPredictsFurtherTokensIsSkippedOnlyWhereTheConfigNamesIt() throws IOException {
    Path folder = Fixtures.path("models/deepseek_v3_fp8");
    Path bare = Files.createDirectories(temporary.resolve("bare"));
    Files.writeString(
        bare.resolve("config.json"),
        Files.readString(folder.resolve("config.json"))
            .replace("\"num_nextn_predict_layers\": 1", "\"num_nextn_predict_layers\": 0"));
    try (var checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.tensors()).containsKey("model.layers.2.eh_proj.weight");
      assertThatCode(() -> new ModelWeights(ModelConfig.fromHuggingFace(folder), checkpoint))
          .doesNotThrowAnyException();
      assertThatThrownBy(() -> new ModelWeights(ModelConfig.fromHuggingFace(bare), checkpoint))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("model.layers.2.")
          .hasMessageContaining("has no place in DEEPSEEK_V3 with 2 layers");
    }
  }

  /** A block of 32 x 32 has a factor of its own, also where the matrix ends inside it. */
  @Test
  void numbersOfEightBitsAreMultipliedWithTheirBlocksFactor() {
    Path folder = Fixtures.path("models/deepseek_v3_fp8");
    try (var checkpoint = Checkpoint.open(folder)) {
      var weights = new ModelWeights(ModelConfig.fromHuggingFace(folder), checkpoint);
      var stored = checkpoint.tensors().get("model.layers.0.mlp.down_proj.weight");
      var factors = checkpoint.tensors().get("model.layers.0.mlp.down_proj.weight_scale_inv");
      float[] row = Dequantizer.row(weights.tensor(WeightRole.DOWN, 0), 40);
      float[] plain = Dequantizer.row(stored, 40);
      float[] ofRow = Dequantizer.row(factors, 1);

      assertThat(row).hasSize(144);
      for (int column : new int[] {0, 31, 32, 127, 128, 143}) {
        assertThat(row[column]).isEqualTo(plain[column] * ofRow[column / 32]);
      }
    }
  }

  @Test
  void aRoleThatTheModelLacksIsAProgrammersError() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_llama_mixed.gguf"))) {
      var weights = new ModelWeights(ModelConfig.fromGguf(file), file);

      assertThatThrownBy(() -> weights.tensor(WeightRole.Q_NORM, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("LLAMA here has no Q_NORM in layer 0");
    }
  }

  @Test
  void theReorderingUsesEveryRowOnce() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_llama_mixed.gguf"))) {
      var weights = new ModelWeights(ModelConfig.fromGguf(file), file);
      var stored = new boolean[64];
      for (int row = 0; row < 64; row++) {
        stored[weights.sourceRow(WeightRole.Q, row)] = true;
      }

      assertThat(stored).doesNotContain(false);
    }
  }

  private static void assertFault(
      String sentence, String code, String name, UnaryOperator<Tensor> change) {
    Path folder = Fixtures.path("models/qwen2_tied");
    try (var original = Checkpoint.open(folder)) {
      var tensors = new LinkedHashMap<>(original.tensors());
      var changed = change.apply(tensors.remove(name));
      if (changed != null) {
        tensors.put(name, changed);
      }
      var config = ModelConfig.fromHuggingFace(folder);

      assertThatThrownBy(() -> new ModelWeights(config, new Changed(tensors, original)))
          .isInstanceOf(ModelException.class)
          .hasMessageStartingWith(code)
          .hasMessageContaining("model.safetensors")
          .hasMessageContaining(sentence);
    }
  }

  private static Tensor with(Tensor tensor, DType dtype, long... shape) {
    return new Tensor(tensor.name(), dtype, shape, tensor.file(), tensor.offset(), tensor.data());
  }

  private static double cosine(float[] one, float[] other) {
    double product = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < one.length; i++) {
      product += one[i] * other[i];
      first += one[i] * one[i];
      second += other[i] * other[i];
    }
    return product / Math.sqrt(first * second);
  }
}
