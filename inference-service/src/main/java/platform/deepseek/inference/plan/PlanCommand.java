package platform.deepseek.inference.plan;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelException;

/**
 * {@code make plan}: the argument is a folder with config.json, the rest comes from the environment
 * (GPU, GPUS, PRECISION, BATCH, CONTEXT, TOKENS_PER_STEP). Exit status 1 and a sentence where
 * something cannot be planned.
 */
public final class PlanCommand {

  private PlanCommand() {}

  /** The argument is the model's folder. */
  public static void main(String[] args) {
    System.exit(run(Path.of(args[0]), System.getenv(), System.out, System.err));
  }

  static int run(
      Path folder, Map<String, String> environment, PrintStream out, PrintStream errors) {
    try {
      if (!Files.exists(folder.resolve("config.json"))) {
        throw new IllegalArgumentException(
            "MODEL=%s has no config.json; plans are made of Hugging Face folders"
                .formatted(folder));
      }
      ModelConfig config = ModelConfig.fromHuggingFace(folder);
      WeightPrecision precision =
          WeightPrecision.parse(environment.getOrDefault("PRECISION", standard(config)));
      Workload workload =
          new Workload(
              integer(environment, "BATCH", 32),
              integer(environment, "CONTEXT", Math.min(8192, config.context())),
              integer(environment, "TOKENS_PER_STEP", 8192));
      Gpu gpu = Gpu.parse(environment.getOrDefault("GPU", "h200"));
      DeploymentPlan plan =
          DeploymentPlan.of(config, precision, workload, gpu, integer(environment, "GPUS", 0));
      out.print(new PlanReport(config, precision, workload, plan).text());
      return 0;
    } catch (IllegalArgumentException | ModelException e) {
      errors.println("error: " + e.getMessage());
      return 1;
    }
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
