package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs, applied by kubectl as a person would. */
class ExamplesTest extends LiveTest {

  private static final Path EXAMPLES = Path.of("..", "docs", "examples");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path folder;

  @Test
  void everyExampleServes() throws IOException, InterruptedException {
    bench.cluster().metric("pods/" + bench.namespace() + "/deepseek_requests_waiting/*", "4");
    kubectl("apply", "-f", EXAMPLES.toString());
    for (var name : names()) {
      bench.awaitStatus(
          name, status -> status.readyReplicas() != null && status.readyReplicas() > 0);
    }
    assertThat(kubectl("get", "dsd", "--no-headers")).hasLineCount(names().size());
    assertThat(kubectl("explain", "dsd.spec.gpu.class")).contains("Class of GPU by the operator's");
    kubectl("delete", "-f", EXAMPLES.toString());
    bench.eventually(() -> assertThat(bench.servers("small")).isEmpty());
  }

  private static java.util.List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      return files
          .map(ExamplesTest::read)
          .map(text -> text.lines().filter(line -> line.startsWith("  name: ")).findFirst())
          .map(line -> line.orElseThrow().substring("  name: ".length()))
          .toList();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private String kubectl(String... arguments) throws IOException, InterruptedException {
    var command = new java.util.ArrayList<>(java.util.List.of("kubectl", "-n", bench.namespace()));
    command.addAll(java.util.List.of(arguments));
    var said = folder.resolve("said").toFile();
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said).start();
    if (!process.waitFor(PATIENCE)) {
      process.destroyForcibly();
      throw new AssertionError("%s has not ended within %s".formatted(command, PATIENCE));
    }
    var text = Files.readString(said.toPath());
    assertThat(process.exitValue()).as(text).isZero();
    return text.strip();
  }
}
