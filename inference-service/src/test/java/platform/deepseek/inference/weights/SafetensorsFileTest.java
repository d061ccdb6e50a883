package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {

  @Test
  void tensorsOfASingleFileAreFound() {
    try (var file = SafetensorsFile.open(Fixtures.path("models/qwen3/model.safetensors"))) {
      var norm = file.tensors().get("model.layers.2.self_attn.q_norm.weight");

      assertThat(file.metadata()).containsEntry("format", "pt");
      assertThat(file.tensors()).hasSize(35);
      assertThat(norm.dtype()).isEqualTo(DType.F32);
      assertThat(norm.shape()).containsExactly(32);
      assertThat(norm.rows()).isEqualTo(1);
      assertThat(Dequantizer.row(norm, 0)).hasSize(32).doesNotContain(0f, Float.NaN);
    }
  }

  @Test
  void bfloat16IsRead() {
    try (var file = Checkpoint.open(Fixtures.path("models/qwen2_bf16"))) {
      var embedding = file.tensors().get("model.embed_tokens.weight");

      assertThat(embedding.dtype()).isEqualTo(DType.BF16);
      for (float value : Dequantizer.row(embedding, 511)) {
        assertThat(Math.abs(value)).isLessThan(16f);
        assertThat(Float.floatToRawIntBits(value) & 0xFFFF).isZero();
      }
    }
  }

  @Test
  void aLinkLeadsToTheRealFile(@TempDir Path folder) throws IOException {
    Path fixture = Fixtures.path("models/qwen2_tied/model.safetensors");
    Path real = Files.copy(fixture, folder.resolve("blob")).toRealPath();
    Path link = Files.createSymbolicLink(folder.resolve("model.safetensors"), real);

    try (var file = SafetensorsFile.open(link)) {
      var tensor = file.tensors().get("model.norm.weight");
      byte[] onDisk = new byte[4];
      try (var channel = Files.newByteChannel(tensor.file())) {
        channel.position(tensor.offset()).read(ByteBuffer.wrap(onDisk));
      }
      float first = ByteBuffer.wrap(onDisk).order(ByteOrder.LITTLE_ENDIAN).getFloat();

      assertThat(tensor.file()).isEqualTo(real);
      assertThat(Dequantizer.row(tensor, 0)[0]).isEqualTo(first);
    }
  }
}
