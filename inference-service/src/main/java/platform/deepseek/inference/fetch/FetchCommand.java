package platform.deepseek.inference.fetch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.fetch.FetchFailure.Kind;

/**
 * {@code fetch --source URI --target FOLDER [--revision R] [--digest sha256:...] [--report FILE]}.
 */
public final class FetchCommand {

  /** The word by which it is asked for. */
  public static final String NAME = "fetch";

  /** Where Kubernetes reads a container's last message. */
  private static final String TERMINATION_LOG = "/dev/termination-log";

  private static final List<String> OPTIONS =
      List.of("--source", "--target", "--revision", "--digest", "--report");
  private static final ObjectMapper JSON = new ObjectMapper();

  private FetchCommand() {}

  /** Runs it with the arguments behind its name, and gives the exit code. */
  public static int run(List<String> arguments, Map<String, String> environment, PrintStream out) {
    var report = Path.of(TERMINATION_LOG);
    try {
      var options = options(arguments);
      report = Path.of(options.getOrDefault("--report", TERMINATION_LOG));
      var source =
          Source.of(
              needed(options, "--source"),
              Optional.ofNullable(options.get("--revision")),
              environment);
      var target = Path.of(needed(options, "--target")).toAbsolutePath().normalize();
      var said = new Fetch(source, target, Optional.ofNullable(options.get("--digest")), out).run();
      tell(said, report, out);
      return 0;
    } catch (FetchFailure e) {
      tell(failure(e.getMessage()), report, out);
      return e.kind().exitCode();
    } catch (IOException | IllegalArgumentException e) {
      tell(failure(e.getMessage() == null ? e.toString() : e.getMessage()), report, out);
      return Kind.FAILED.exitCode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      tell(failure("it was told to end"), report, out);
      return Kind.FAILED.exitCode();
    }
  }

  private static Map<String, String> options(List<String> arguments) throws FetchFailure {
    var options = new HashMap<String, String>();
    for (int i = 0; i < arguments.size(); i += 2) {
      if (!OPTIONS.contains(arguments.get(i)) || i + 1 == arguments.size()) {
        throw new FetchFailure(
            Kind.UNUSABLE,
            "%s is no option with a value; there are %s"
                .formatted(arguments.get(i), String.join(", ", OPTIONS)));
      }
      options.put(arguments.get(i), arguments.get(i + 1));
    }
    return options;
  }

  private static String needed(Map<String, String> options, String name) throws FetchFailure {
    if (!options.containsKey(name)) {
      throw new FetchFailure(Kind.UNUSABLE, name + " is missing");
    }
    return options.get(name);
  }

  private static String failure(String message) {
    try {
      return JSON.writeValueAsString(Map.of("message", message));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a text is plain data", e);
    }
  }

  /** Outside of a container there is no such file; the output has the same line. */
  private static void tell(String line, Path report, PrintStream out) {
    out.println(line);
    try {
      if (!report.startsWith("/dev") || Files.isWritable(report)) {
        Files.writeString(report, line);
      }
    } catch (IOException e) {
      out.println("the report could not be written to %s: %s".formatted(report, e.getMessage()));
    }
  }
}
