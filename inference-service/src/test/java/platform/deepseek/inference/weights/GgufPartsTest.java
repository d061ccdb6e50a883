package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that were cut into several GGUF files. */
class GgufPartsTest {

  @TempDir Path folder;

  private Path part(int number, int count, int announced, String... tensors) throws IOException {
    GgufWriter writer = new GgufWriter();
    if (number == 1) {
      writer.text("general.architecture", "llama");
    }
    writer
        .integer("split.no", number - 1)
        .integer("split.count", count)
        .integer("split.tensors.count", announced);
    for (String tensor : tensors) {
      writer.tensor(tensor, DType.F32, new float[] {number, 2}, 2);
    }
    Path file = folder.resolve("model-%05d-of-%05d.gguf".formatted(number, count));
    writer.write(file);
    return file;
  }

  @Test
  void allPartsAreOneFile() throws IOException {
    Path first = part(1, 3, 4, "a");
    Path second = part(2, 3, 4, "b", "c");
    Path third = part(3, 3, 4, "d");

    try (GgufFile file = GgufFile.open(first)) {
      assertThat(file.tensors()).containsOnlyKeys("a", "b", "c", "d");
      assertThat(Dequantizer.row(file.tensors().get("d"), 0)).containsExactly(3, 2);
      assertThat(file.tensors().get("c").file()).isEqualTo(second.toRealPath());
      assertThat(file.metadata().string("general.architecture")).hasValue("llama");
      assertThat(file.paths())
          .isEqualTo(List.of(first.toRealPath(), second.toRealPath(), third.toRealPath()));
    }
  }

  /** As caches of downloads have them: behind links whose targets are named by digests. */
  @Test
  void partsAreFoundByTheNamesOfLinks() throws IOException {
    Path first = part(1, 2, 2, "a");
    Path second = part(2, 2, 2, "b");
    Path links = Files.createDirectory(folder.resolve("links"));
    for (Path file : List.of(first, second)) {
      Path blob = Files.move(file, folder.resolve("blob" + file.getFileName().hashCode()));
      Files.createSymbolicLink(links.resolve(file.getFileName()), blob);
    }
    try (GgufFile file = GgufFile.open(links.resolve(first.getFileName()))) {
      assertThat(file.tensors()).containsOnlyKeys("a", "b");
    }
  }

  @Test
  void anotherPartThanTheFirstIsRefusedWithTheNameOfTheFirst() throws IOException {
    part(1, 2, 2, "a");
    Path second = part(2, 2, 2, "b");
    assertThatThrownBy(() -> GgufFile.open(second))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("is part 2 of 2; give the first one, model-00001-of-00002.gguf");
  }

  @Test
  void aPartThatIsNotThereIsNamed() throws IOException {
    Path first = part(1, 2, 2, "a");
    assertThatThrownBy(() -> GgufFile.open(first))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("model-00002-of-00002.gguf")
        .hasMessageContaining("is one of the 2 parts of the model and is not there");
  }

  @Test
  void partsOfDifferentModelsAreRefused() throws IOException {
    Path first = part(1, 2, 3, "a");
    part(2, 2, 3, "b");
    assertThatThrownBy(() -> GgufFile.open(first))
        .hasMessageContaining("announces 3 tensors in all parts, they have 2");

    part(2, 2, 3, "a");
    assertThatThrownBy(() -> GgufFile.open(first))
        .hasMessageContaining("is in another part as well");
  }

  @Test
  void aRenamedPartIsRefusedWithTheNameThatItNeeds() throws IOException {
    Path renamed = Files.move(part(1, 2, 2, "a"), folder.resolve("mine.gguf"));
    assertThatThrownBy(() -> GgufFile.open(renamed))
        .hasMessageContaining("is one of 2 parts and must be called NAME-00001-of-00002.gguf");
  }
}
