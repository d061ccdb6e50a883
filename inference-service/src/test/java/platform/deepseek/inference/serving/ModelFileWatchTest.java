package platform.deepseek.inference.serving;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.weights.FileState;

@Timeout(30)
class ModelFileWatchTest {

  @TempDir private Path folder;

  @Test
  void fileThatIsCutIsToldOnceByItsName() throws Exception {
    Path first = Files.write(folder.resolve("model-00001-of-00002.gguf"), new byte[100]);
    Path second = Files.write(folder.resolve("model-00002-of-00002.gguf"), new byte[100]);
    List<FileState> states = ModelFileWatch.states(List.of(first, second));
    var told = new CompletableFuture<DeviceLostException>();
    var times = new AtomicInteger();
    try (var watch =
        ModelFileWatch.start(
            states,
            Duration.ofMillis(1),
            failure -> {
              times.incrementAndGet();
              told.complete(failure);
            })) {
      cut(second);

      assertThat(told.get(10, SECONDS))
          .hasMessageContaining("model-00002-of-00002.gguf was cut from 100 to 3 bytes")
          .hasMessageNotContaining(folder.toString());
      assertThat(watch).isNotNull();
    }
    assertThat(times).hasValue(1);
  }

  @Test
  void fileThatChangedWhileItWasLoadedIsToldAsWell() throws Exception {
    Path file = Files.write(folder.resolve("model.safetensors"), new byte[100]);
    List<FileState> states = ModelFileWatch.states(List.of(file));
    cut(file);
    var told = new CompletableFuture<DeviceLostException>();
    ModelFileWatch.start(states, Duration.ofHours(1), told::complete);

    assertThat(told.get(10, SECONDS)).hasMessageContaining("model.safetensors was cut");
  }

  private static void cut(Path file) throws IOException {
    try (var cut = new RandomAccessFile(file.toFile(), "rw")) {
      cut.setLength(3);
    }
  }
}
