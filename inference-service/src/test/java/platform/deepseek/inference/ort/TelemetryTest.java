package platform.deepseek.inference.ort;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TelemetryTest {

  /** Run in a process of its own, in whose home nothing is yet. */
  static final class MakesAnEnvironment {
    private MakesAnEnvironment() {}

    public static void main(String[] arguments) {
      if (OrtEnvironment.HANDLE.address() == 0) {
        throw new IllegalStateException("no environment");
      }
    }
  }

  @Test
  void onnxRuntimeKeepsNothingToReport(@TempDir Path home) throws Exception {
    Path cache = Path.of(System.getProperty("user.home"), ".cache");
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "-cp",
            System.getProperty("java.class.path"),
            MakesAnEnvironment.class.getName());
    java.environment().put("HOME", home.toString());
    java.environment().putIfAbsent("XDG_CACHE_HOME", cache.toString()); // the library, unpacked
    java.environment().remove(Telemetry.VARIABLE);
    Process process = java.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(files(home)).isEmpty();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
