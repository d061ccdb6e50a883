package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.model.GgufOfFolder;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.GgufFile;

/** What is said of weights before they are packed. */
class PackedBytesTest {

  private static final RandomMixture.Shape SHAPE =
      new RandomMixture.Shape(2, 256, 1024, 4, 256, 16, 4, 512, 4096);

  @TempDir Path folder;

  private String told(Precision precision) throws IOException {
    RandomMixture.writeDeepseek(folder.resolve("model"), SHAPE);
    Path file = folder.resolve("model.gguf");
    GgufOfFolder.of(folder.resolve("model"))
        .types(
            (role, layer) ->
                switch (role) {
                  case EXPERT_DOWN -> DType.Q6_K;
                  case K_B, V_B -> DType.Q8_0;
                  default -> DType.Q4_K;
                })
        .write(file);
    try (GgufFile gguf = GgufFile.open(file)) {
      return PackedBytes.of(new ModelWeights(ModelConfig.fromGguf(gguf), gguf), precision)
          .toString();
    }
  }

  /** Of the 16 experts' down, 512 x 256 each, 6.56 bits of a weight become 9. */
  @Test
  void whatIsKeptAndWhatIsQuantisedIsToldWithBytes() throws IOException {
    assertThat(told(Precision.AUTO))
        .startsWith("weights in MiB: ")
        .contains("Q4_K 3.8 exactly as int4 5.0")
        .contains("Q8_0 0.3 exactly as int8 0.3")
        .contains("Q6_K 1.6 quantised to int8 2.3")
        .contains("F32 0.0 converted to float32 0.0")
        .endsWith("Q4_K 0.6 left in the file");
  }

  @Test
  void float32IsToldAsWhatItTakes() throws IOException {
    assertThat(told(Precision.FP32)).contains("Q6_K 1.6 converted to float32 8.0");
  }

  @Test
  void float32MatricesThatAreReadWhereTheyAreAreToldSo() {
    Path folder = Fixtures.path("models/qwen2_tied");
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      var weights = new ModelWeights(ModelConfig.fromHuggingFace(folder), checkpoint);
      assertThat(PackedBytes.of(weights, Precision.FP32).toString())
          .matches(
              "weights in MiB: F32 0.0 converted to float32 0.0, F32 [0-9.]+ left in the file");
    }
  }
}
