package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;

/**
 * The file of a model that is being served is cut: what was a page of it is a fault from then on.
 */
class CutModelFileTest {

  @TempDir private Path folder;

  @Test
  void stepThatReadsAPageThatIsGoneLosesTheDevice() throws IOException {
    Path file =
        Files.copy(
            Path.of("src/test/resources/fixtures/gguf/tiny_qwen2_q8_0.gguf"),
            folder.resolve("model.gguf"));
    try (Decoder decoder =
        Decoder.open(file, Precision.AUTO, new CpuModelRunner.Limits(32, 2, 16, 1))) {
      assertThat(run(decoder, 0)).isEqualTo(1);
      try (var cut = new RandomAccessFile(file.toFile(), "rw")) {
        cut.setLength(0);
      }

      assertThatThrownBy(() -> run(decoder, 1))
          .isInstanceOf(DeviceLostException.class)
          .hasMessageContaining("page of the model's file");
    }
  }

  /** How many tokens it brings. */
  private static int run(Decoder decoder, int slot) {
    Sequence sequence = decoder.start(slot, new int[] {1, 2, 3});
    Step step = new Step(List.of(new Step.Entry(sequence, 0, 3, true, false)));
    return decoder.runner.start(step).await().results().getFirst().samples().size();
  }
}
