package platform.deepseek.inference.plan;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.model.GgufOutline;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelException;

/**
 * {@code make plan}: the argument is a folder with config.json or a GGUF file, the rest comes from
 * the environment (GPU, GPUS, PRECISION, BATCH, CONTEXT, TOKENS_PER_STEP). Exit status 1 and a
 * sentence where something cannot be planned.
 */
public final class PlanCommand {

  private static final double GIBI = 1L << 30;

  /** Averages of files that are mostly of so many bits, scales and finer parts included. */
  private static final double MOST_BITS_IN_4 = 5.5;

  private static final double MOST_BITS_IN_8 = 9;

  private PlanCommand() {}

  /** The argument is the model's folder or file. */
  public static void main(String[] args) {
    System.exit(run(Path.of(args[0]), System.getenv(), System.out, System.err));
  }

  static int run(Path path, Map<String, String> environment, PrintStream out, PrintStream errors) {
    try {
      Optional<GgufOutline> outline =
          Files.isRegularFile(path) ? Optional.of(GgufOutline.read(path)) : Optional.empty();
      ModelConfig config = outline.map(GgufOutline::config).orElseGet(() -> folder(path));
      WeightPrecision precision =
          WeightPrecision.parse(
              environment.getOrDefault(
                  "PRECISION", outline.map(PlanCommand::standard).orElse(standard(config))));
      Workload workload =
          new Workload(
              integer(environment, "BATCH", 32),
              integer(environment, "CONTEXT", Math.min(8192, config.context())),
              integer(environment, "TOKENS_PER_STEP", 8192));
      Gpu gpu = Gpu.parse(environment.getOrDefault("GPU", "h200"));
      DeploymentPlan plan =
          DeploymentPlan.of(config, precision, workload, gpu, integer(environment, "GPUS", 0));
      outline.ifPresent(
          file ->
              out.printf(
                  Locale.ROOT,
                  "file: %,.2f GiB of weights, %.2f bits each%n",
                  file.bytes() / GIBI,
                  file.bits()));
      out.print(new PlanReport(config, precision, workload, plan).text());
      return 0;
    } catch (IllegalArgumentException | ModelException e) {
      errors.println("error: " + e.getMessage());
      return 1;
    }
  }

  private static ModelConfig folder(Path folder) {
    if (!Files.exists(folder.resolve("config.json"))) {
      throw new IllegalArgumentException(
          "MODEL=%s has no config.json; plans are made of Hugging Face folders and GGUF files"
              .formatted(folder));
    }
    return ModelConfig.fromHuggingFace(folder);
  }

  /** What a GPU makes of the file's bits; latents and experts it computes in 16. */
  private static String standard(GgufOutline file) {
    boolean sixteen =
        file.config().latent().isPresent()
            || file.config().mixture().isPresent()
            || file.bits() > MOST_BITS_IN_8;
    if (sixteen) {
      return "bf16";
    }
    return file.bits() > MOST_BITS_IN_4 ? "int8" : "int4";
  }

  /** As published: V3 and R1 come in FP8. */
  private static String standard(ModelConfig config) {
    return config.layout().scaledBlocks().isPresent() ? "fp8" : "bf16";
  }

  private static int integer(Map<String, String> environment, String name, int otherwise) {
    String value = environment.getOrDefault(name, "");
    try {
      return value.isBlank() ? otherwise : Integer.parseInt(value.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("%s=%s is not a number".formatted(name, value), e);
    }
  }
}
