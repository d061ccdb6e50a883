package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeakTest {

  /** Before the kilobytes on a line of their own. */
  private static final String RESIDENT = "resident: ";

  /**
   * Run in a process of its own, whose heap has all its pages from the beginning, and whose native
   * memory does not depend on how many processors there are: what grows there is ours.
   */
  static final class Loads {
    private Loads() {}

    public static void main(String[] arguments) throws IOException {
      for (int i = 1; i <= 50; i++) {
        try (Decoder decoder =
            Decoder.open(
                Fixtures.path("models/qwen2_untied"),
                i % 2 == 0 ? Precision.AUTO : Precision.FP32,
                new CpuModelRunner.Limits(192, 2, 192, 2))) {
          if (decoder.greedy(new int[] {1, 2, 3}, 2).length != 2) {
            throw new IllegalStateException("no answer");
          }
        }
        if (i % 10 == 0) {
          System.out.println(RESIDENT + residentKilobytes());
        }
      }
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

  @Test
  void fiftyLoadsTakeNoMoreMemoryThanTen() throws Exception {
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xms128m",
            "-Xmx128m",
            "-XX:+AlwaysPreTouch",
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "-cp",
            System.getProperty("java.class.path"),
            Loads.class.getName());
    java.environment().put("MALLOC_ARENA_MAX", "2");
    Process process = java.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    List<Long> resident =
        output
            .lines()
            .filter(line -> line.startsWith(RESIDENT))
            .map(line -> Long.valueOf(line.substring(RESIDENT.length())))
            .toList();
    assertThat(resident).as(output).hasSize(5);
    assertThat(resident.getLast() - resident.getFirst()).isLessThan(20 * 1024);
  }
}
