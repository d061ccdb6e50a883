package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {

  private static final Path FIXTURES = Path.of("src/test/resources/fixtures");

  @TempDir private Path folder;

  @Test
  void folderOfHuggingFaceIsOpened() {
    ModelFiles files = ModelFiles.open(FIXTURES.resolve("models/llama3_rope"));
    assertThat(files.name()).isEqualTo("llama3_rope");
    assertThat(files.files())
        .extracting(file -> file.getFileName().toString())
        .containsExactly("model.safetensors");
    assertThat(files.stopTokens()).containsAll(files.config().eos());
    files.checkpoint().close();
  }

  @Test
  void ggufIsOpenedByItsPathAndByItsFolder() throws IOException {
    Path gguf = FIXTURES.resolve("gguf/tiny_qwen2_q8_0.gguf");
    Files.copy(gguf, folder.resolve("tiny.gguf"));
    ModelFiles byPath = ModelFiles.open(gguf);
    ModelFiles byFolder = ModelFiles.open(folder);
    assertThat(byPath.name()).isEqualTo("tiny_qwen2_q8_0");
    assertThat(byFolder.name()).isEqualTo("tiny");
    assertThat(byFolder.config().layers()).isEqualTo(byPath.config().layers());
    byPath.checkpoint().close();
    byFolder.checkpoint().close();
  }

  @Test
  void folderWithoutAModelIsRefusedWithWhatToName() {
    assertThatThrownBy(() -> ModelFiles.open(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "MODEL=%s has no config.json and 0 .gguf files: name a folder with config.json and"
                    .formatted(folder)
                + " *.safetensors, or one .gguf file");
  }

  @Test
  void folderWithoutWeightsIsRefusedAsIncomplete() throws IOException {
    Path config = FIXTURES.resolve("models/llama3_rope/config.json");
    Files.copy(config, folder.resolve("config.json"));
    assertThatThrownBy(() -> ModelFiles.open(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has 0 .safetensors files")
        .hasMessageEndingWith("is the download complete?");
  }

  @Test
  void nameIsLookedUpInTheModelsFolder() throws IOException {
    Path model = Files.createDirectory(folder.resolve("mine"));
    assertThat(ModelFiles.resolve("mine", folder.toString())).isEqualTo(model);
    assertThat(ModelFiles.resolve(model.toString(), "/nowhere")).isEqualTo(model);
    assertThatThrownBy(() -> ModelFiles.resolve("absent", folder.toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("MODEL=absent is neither a path nor a name in " + folder);
  }
}
