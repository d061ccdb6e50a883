package platform.deepseek.inference.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.model.ModelConfig;

/**
 * The sizing table of docs/operations.md is what the planner computes. After a wanted change run
 * with {@code -Dgolden.record=true}.
 */
class SizingTableTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "operations.md");
  private static final Path SHAPES = Path.of("..", "deploy", "plan");
  private static final String BEGIN = "<!-- begin sizing -->\n";
  private static final String END = "<!-- end sizing -->";
  private static final double GIBI = 1L << 30;
  private static final int SEQUENCES = 16;
  private static final int CONTEXT = 4096;
  private static final int TOKENS_PER_STEP = 2048;

  private static final List<WeightPrecision> PRECISIONS =
      List.of(WeightPrecision.BF16, WeightPrecision.INT8, WeightPrecision.INT4);
  private static final List<Gpu> GPUS = List.of(Gpu.A10, Gpu.A40, Gpu.A100, Gpu.H100, Gpu.H200);
  private static final List<String> MODELS =
      List.of(
          "deepseek-r1-distill-qwen-1.5b",
          "deepseek-r1-distill-qwen-7b",
          "deepseek-r1-distill-llama-8b",
          "deepseek-r1-distill-qwen-14b",
          "deepseek-r1-distill-qwen-32b",
          "deepseek-r1-distill-llama-70b",
          "deepseek-v2-lite",
          "deepseek-v2",
          "deepseek-v3");

  @Test
  void theTableOfSizesIsWhatThePlannerComputes() throws IOException {
    String text = Files.readString(DOCUMENT);
    int start = text.indexOf(BEGIN) + BEGIN.length();
    int end = text.indexOf(END);
    if (Boolean.getBoolean("golden.record")) {
      Files.writeString(DOCUMENT, text.substring(0, start) + table() + text.substring(end));
      return;
    }
    assertThat(text.substring(start, end)).isEqualTo(table());
  }

  private static String table() {
    List<String> header = new ArrayList<>(List.of("model", "precision", "weights", "KV, a token"));
    GPUS.forEach(gpu -> header.add("%s, %d GB".formatted(gpu, gpu.memory() / 1_000_000_000)));
    StringBuilder table = new StringBuilder(row(header));
    table.append("|---".repeat(header.size())).append("|\n");
    for (String model : MODELS) {
      ModelConfig config = ModelConfig.fromHuggingFace(SHAPES.resolve(model));
      for (WeightPrecision precision : PRECISIONS) {
        table.append(row(cells(model, config, precision)));
      }
    }
    return table.toString();
  }

  private static List<String> cells(String model, ModelConfig config, WeightPrecision precision) {
    var workload = new Workload(SEQUENCES, CONTEXT, TOKENS_PER_STEP);
    MemoryNeed need = MemoryNeed.of(config, precision, workload);
    List<String> cells = new ArrayList<>();
    cells.add(model);
    cells.add(precision == WeightPrecision.BF16 ? "16 bits" : name(precision));
    cells.add(String.format(Locale.ROOT, "%.1f GiB", need.weights() / GIBI));
    cells.add(String.format(Locale.ROOT, "%.1f KiB", need.cachePerToken() / 1024.0));
    for (Gpu gpu : GPUS) {
      cells.add(
          DeploymentPlan.of(config, precision, workload, gpu, 0)
              .fewest()
              .map(String::valueOf)
              .orElse("-"));
    }
    return cells;
  }

  private static String name(WeightPrecision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }
}
