package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardedSafetensorsTest {

  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path folder;

  @Test
  void tensorsOfAllShardsAreFoundInTheirFiles() {
    try (var checkpoint = Checkpoint.open(Fixtures.path("models/qwen2_sharded"))) {
      var embedding = checkpoint.tensors().get("model.embed_tokens.weight");
      var head = checkpoint.tensors().get("lm_head.weight");

      assertThat(checkpoint).isInstanceOf(ShardedSafetensors.class);
      assertThat(checkpoint.tensors()).hasSize(27);
      assertThat(embedding.file().getFileName()).hasToString("model-00001-of-00002.safetensors");
      assertThat(head.file().getFileName()).hasToString("model-00002-of-00002.safetensors");
      assertThat(Dequantizer.row(head, 511)).hasSize(64);
    }
  }

  @Test
  void theIndexDecidesWhatIsThere() throws IOException {
    copyOfSingleFile("a.safetensors");
    Files.writeString(
        folder.resolve(INDEX),
        "{\"metadata\": {\"x\": [1, {}]}, \"weight_map\": {\"model.norm.weight\":"
            + " \"a.safetensors\"}}");

    try (var checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.tensors().keySet()).containsExactly("model.norm.weight");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'weight_map': {'no.such': 'a.safetensors'}} | MISSING | the index says that it is in a.",
        "{'weight_map': {'x': 'b.safetensors'}} | UNREADABLE | b.safetensors",
        "{'weight_map': {'x': '../a.safetensors'}} | MALFORMED | '../a.safetensors' is not the"
            + " name",
        "{'weight_map': {'x': '/etc/a.safetensors'}} | MALFORMED | is not the name",
        "{'weight_map': {'x': 'a.gguf'}} | MALFORMED | 'a.gguf' is not the name",
        "{'weight_map': {'x': ['a.safetensors']}} | MALFORMED | expected VALUE_STRING",
        "{'weight_map': {'x': 'a.safetensors', 'x': 'a.safetensors'}} | MALFORMED | listed twice",
        "{'weight_map': {}, 'weight_map': {}} | MALFORMED | two weight_map objects",
        "{'weight_map': [] } | MALFORMED | expected START_OBJECT",
        "{'metadata': {}} | MISSING | has no weight_map",
        "{'weight_map': | MALFORMED | is not valid JSON",
        "[[[[[[[[[[[[[[[[[[[[[[[[ | MALFORMED | expected START_OBJECT",
      })
  void indexesThatDoNotFitAreRefused(String index, CheckpointException.Code code, String expected)
      throws IOException {
    copyOfSingleFile("a.safetensors");
    Files.writeString(folder.resolve(INDEX), index.replace('\'', '"'));

    assertThatThrownBy(() -> Checkpoint.open(folder).close())
        .asInstanceOf(InstanceOfAssertFactories.throwable(CheckpointException.class))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(expected);
  }

  @Test
  void aFolderWithoutWeightsSaysWhatWasLookedFor() {
    assertThatThrownBy(() -> Checkpoint.open(folder).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("neither model.safetensors nor model.safetensors.index.json");
  }

  @Test
  void aFileOfAnotherKindIsRefused() {
    assertThatThrownBy(() -> Checkpoint.open(folder.resolve("model.bin")).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("give a folder, a .safetensors file or a .gguf file");
  }

  private void copyOfSingleFile(String name) throws IOException {
    Files.copy(Fixtures.path("models/qwen2_bf16/model.safetensors"), folder.resolve(name));
  }
}
