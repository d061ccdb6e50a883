package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.weights.Checkpoint;

/** Loading is told in the matrices that there are, experts' included. */
class PackedMatricesTest {

  @TempDir Path folder;

  private static List<Integer> told(Path model) {
    List<Integer> told = new ArrayList<>();
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      CpuModelRunner.load(
              new ModelWeights(ModelConfig.fromHuggingFace(model), checkpoint),
              Precision.INT8,
              new CpuModelRunner.Limits(32, 1, 16, 2),
              told::add)
          .close();
    }
    return told;
  }

  @Test
  void theLastNumberToldIsAllMatricesOfAMixture() throws IOException {
    RandomMixture.writeDeepseek(folder, RandomMixture.Shape.TINY);
    ModelConfig config = ModelConfig.fromHuggingFace(folder);
    // Three layers of q_a, q_b, kv_a and output, each with a dense or shared part, and the head;
    // two layers of 16 experts.
    assertThat(PackedMatrices.of(config)).isEqualTo(3 * 6 + 1 + 2 * 2 * 16);
    assertThat(told(folder)).isSorted().endsWith(3 * 6 + 1, 3 * 6 + 1 + 32, 3 * 6 + 1 + 64);
  }

  @Test
  void theLastNumberToldIsAllMatricesOfExpertsAlone() throws IOException {
    RandomMixture.writeQwen(folder, RandomMixture.Shape.TINY);
    ModelConfig config = ModelConfig.fromHuggingFace(folder);
    assertThat(told(folder)).isSorted().endsWith(PackedMatrices.of(config));
  }

  @Test
  void aDenseModelHasFourALayerAndTheHead() {
    assertThat(PackedMatrices.of(ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_tied"))))
        .isEqualTo(
            4 * ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_tied")).layers() + 1);
  }
}
