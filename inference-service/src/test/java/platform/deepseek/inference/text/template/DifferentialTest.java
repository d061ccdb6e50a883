package platform.deepseek.inference.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generated templates give what Python's jinja2 gives, and fail where it fails. */
class DifferentialTest {

  private static final int COUNT = 300;

  @TempDir Path folder;

  private record Result(String rendered, String error) {}

  @Test
  void generatedTemplatesAgreeWithJinja() throws Exception {
    assumeTrue(
        python("-c", "import jinja2") == 0,
        "Skipped: python3 with jinja2 is not on this machine; pip install jinja2 to compare.");
    var templates = new GeneratedTemplates(20240706).templates(COUNT);
    var expected = jinja(templates);
    List<String> differences = new ArrayList<>();
    var rendered = 0;
    for (var i = 0; i < COUNT; i++) {
      var ours = ours(templates.get(i));
      var theirs = expected.get(i);
      rendered += theirs.error() == null ? 1 : 0;
      var agree =
          theirs.error() == null ? theirs.rendered().equals(ours.rendered()) : ours.error() != null;
      if (!agree) {
        differences.add(templates.get(i) + "\n  jinja2: " + theirs + "\n  ours:   " + ours);
      }
    }
    assertThat(differences).isEmpty();
    assertThat(rendered).as("templates that render at all").isGreaterThan(COUNT / 10);
  }

  private static Result ours(String template) {
    try {
      return new Result(TemplateCases.render(template, GeneratedTemplates.VARIABLES), null);
    } catch (TemplateException e) {
      return new Result(null, e.getMessage());
    }
  }

  private List<Result> jinja(List<String> templates) throws Exception {
    var script = folder.resolve("render.py");
    Files.writeString(script, TemplateCases.text("render.py"));
    var cases =
        templates.stream()
            .map(
                template -> Map.of("template", template, "variables", GeneratedTemplates.VARIABLES))
            .toList();
    TemplateCases.JSON.writeValue(folder.resolve("in").toFile(), cases);
    assertThat(python(script.toString())).as(Files.readString(folder.resolve("errors"))).isZero();
    return TemplateCases.JSON.readValue(
        Files.readString(folder.resolve("out"), StandardCharsets.UTF_8), new TypeReference<>() {});
  }

  /** Exit status of Python; one that cannot be started counts as failed. */
  private int python(String... arguments) throws InterruptedException, IOException {
    List<String> command = new ArrayList<>(List.of("python3"));
    command.addAll(List.of(arguments));
    var input = folder.resolve("in").toFile();
    input.createNewFile();
    var builder =
        new ProcessBuilder(command)
            .redirectInput(input)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("errors").toFile());
    Process process;
    try {
      process = builder.start();
    } catch (IOException absent) {
      Files.writeString(folder.resolve("errors"), absent.getMessage());
      return 127;
    }
    if (!process.waitFor(4, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      return 124;
    }
    return process.exitValue();
  }
}
