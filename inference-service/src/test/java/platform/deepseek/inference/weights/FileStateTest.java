package platform.deepseek.inference.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStateTest {

  @TempDir private Path folder;
  private Path file;
  private FileState state;

  @BeforeEach
  void write() throws IOException {
    file = Files.write(folder.resolve("model.gguf"), new byte[5_000]);
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
    Path link = Files.createSymbolicLink(folder.resolve("link.gguf"), file);
    state = FileState.of(link);
  }

  @Test
  void fileThatNobodyTouchesIsTheSame() {
    assertThat(state.change()).isEmpty();
  }

  @Test
  void fileThatIsCutHasChanged() throws IOException {
    try (var cut = new RandomAccessFile(file.toFile(), "rw")) {
      cut.setLength(12);
    }
    assertThat(state.change()).contains("was cut from 5,000 to 12 bytes");
  }

  @Test
  void fileThatIsAppendedToHasChanged() throws IOException {
    Files.write(file, new byte[1], StandardOpenOption.APPEND);
    assertThat(state.change()).contains("grew from 5,000 to 5,001 bytes");
  }

  @Test
  void fileThatIsWrittenOverInPlaceHasChanged() throws IOException {
    Files.write(file, new byte[5_000], StandardOpenOption.WRITE);
    assertThat(state.change()).hasValueSatisfying(c -> assertThat(c).startsWith("was written to"));
  }

  @Test
  void fileThatIsRenamedOverItLeavesTheMappedOneAsItWas() throws IOException {
    Path other = Files.write(folder.resolve("other"), new byte[7]);
    Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
    assertThat(state.change()).isEmpty();
  }

  @Test
  void fileThatIsRemovedLeavesTheMappedOneAsItWas() throws IOException {
    Files.delete(file);
    assertThat(state.change()).isEmpty();
  }
}
