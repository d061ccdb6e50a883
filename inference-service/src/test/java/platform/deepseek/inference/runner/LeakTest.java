package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LeakTest {

  @Test
  void fiftyLoadsTakeNoMoreMemoryThanTen() throws IOException {
    long afterTen = 0;
    for (int i = 1; i <= 50; i++) {
      try (Decoder decoder =
          Decoder.open(
              Fixtures.path("models/qwen2_untied"),
              i % 2 == 0 ? Precision.AUTO : Precision.FP32,
              new CpuModelRunner.Limits(192, 2, 192, 2))) {
        assertThat(decoder.greedy(new int[] {1, 2, 3}, 2)).hasSize(2);
      }
      if (i == 10) {
        afterTen = residentKilobytes();
      }
    }
    assertThat(residentKilobytes() - afterTen).isLessThan(20 * 1024);
  }

  /** What Linux counts for this process once garbage is gone. */
  private static long residentKilobytes() throws IOException {
    System.gc();
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IllegalStateException("/proc/self/status has no VmRSS");
  }
}
