package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GgufFileTest {

  @Test
  void metadataIsReadWithItsTypes() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_llama_mixed.gguf"))) {
      var metadata = file.metadata();

      assertThat(metadata.string("general.architecture")).hasValue("llama");
      assertThat(metadata.integer("llama.block_count")).hasValue(3L);
      assertThat(metadata.number("llama.rope.freq_base")).hasValue(500_000.0);
      assertThat(metadata.number("llama.attention.layer_norm_rms_epsilon"))
          .hasValue((double) 1e-5f);
      assertThat(metadata.bool("tokenizer.ggml.add_bos_token")).hasValue(false);
      assertThat(metadata.strings("tokenizer.ggml.tokens").orElseThrow()).hasSize(512);
      assertThat(metadata.integers("tokenizer.ggml.token_type").orElseThrow()).hasSize(512);
      assertThat(metadata.string("no.such.key")).isEmpty();
    }
  }

  @Test
  void tensorsHaveTheirTypesAndRowMajorShapes() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_llama_mixed.gguf"))) {
      var embedding = file.tensors().get("token_embd.weight");
      var keys = file.tensors().get("blk.0.attn_k.weight");

      assertThat(file.tensors()).hasSize(31);
      assertThat(embedding.shape()).containsExactly(512, 64);
      assertThat(keys.shape()).containsExactly(32, 64);
      assertThat(embedding.data().byteSize()).isEqualTo(embedding.dtype().bytes(512 * 64));
      assertThat(embedding.offset() % 32).isZero();
      assertThat(file.tensors().values())
          .extracting(Tensor::dtype)
          .contains(
              DType.F32,
              DType.F16,
              DType.BF16,
              DType.Q8_0,
              DType.Q4_0,
              DType.Q4_1,
              DType.Q5_0,
              DType.Q5_1);
    }
  }

  @Test
  void aQuantisedTensorIsCloseToTheOneItWasMadeFrom() {
    try (var quantised = GgufFile.open(Fixtures.path("gguf/tiny_qwen2_q8_0.gguf"));
        var original = Checkpoint.open(Fixtures.path("models/qwen2_tied"))) {
      var from = original.tensors().get("model.layers.1.mlp.down_proj.weight");
      var to = quantised.tensors().get("blk.1.ffn_down.weight");

      assertThat(to.shape()).containsExactly(from.shape());
      for (int row = 0; row < 64; row++) {
        var expected = Dequantizer.row(from, row);
        var found = Dequantizer.row(to, row);
        float largest = 0;
        float error = 0;
        for (int i = 0; i < 96; i++) {
          largest = Math.max(largest, Math.abs(expected[i]));
          error = Math.max(error, Math.abs(expected[i] - found[i]));
        }
        assertThat(error).isLessThan(largest / 127);
      }
    }
  }

  @Test
  void aWrongGetterNamesTheKeyAndTheKind() {
    try (var file = GgufFile.open(Fixtures.path("gguf/tiny_qwen2_q8_0.gguf"))) {
      assertThatThrownBy(() -> file.metadata().integer("general.architecture"))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("'general.architecture' must be an integer, it is a string");
      assertThat(file.metadata().missing("general.size")).hasMessageContaining("general.size");
    }
  }

  @Test
  void bytesCannotBeReadAfterClosing() {
    var file = GgufFile.open(Fixtures.path("gguf/tiny_qwen2_q8_0.gguf"));
    var tensor = file.tensors().get("output_norm.weight");
    file.close();

    assertThatThrownBy(() -> Dequantizer.row(tensor, 0)).isInstanceOf(IllegalStateException.class);
  }
}
