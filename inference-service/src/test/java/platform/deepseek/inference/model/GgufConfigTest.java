package platform.deepseek.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.model.MixtureOfExperts.Scoring;
import platform.deepseek.inference.weights.CheckpointException;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.GgufWriter;

/** Shapes of mixtures and latents from GGUF metadata. */
class GgufConfigTest {

  @TempDir Path folder;

  private static Path fixture(String name) {
    return Path.of("src/test/resources/fixtures").resolve(name);
  }

  @ParameterizedTest
  @CsvSource({
    "deepseek_v2, WHOLE, 0",
    "deepseek_v2, HALVES, 0",
    "deepseek_v3_fp8, HALVES, 1",
    "qwen3_moe, WHOLE, 0"
  })
  void aFileSaysTheSameAsTheFolderItWasMadeFrom(String model, GgufOfFolder.Form form, int further)
      throws IOException {
    Path from = fixture("models/" + model);
    Path file = folder.resolve("model.gguf");
    GgufOfFolder.of(from).form(form).furtherLayers(further).write(file);

    ModelConfig expected = ModelConfig.fromHuggingFace(from);
    ModelConfig found = ModelConfig.fromGguf(file);

    assertThat(found)
        .usingRecursiveComparison()
        .ignoringFields("rope", "latent", "layout")
        .isEqualTo(expected);
    assertThat(found.rope())
        .usingRecursiveComparison()
        .withComparatorForType((a, b) -> Math.abs(a - b) < 1e-7 ? 0 : 1, Float.class)
        .isEqualTo(expected.rope());
    assertThat(found.layout().predictionLayers()).isEqualTo(further);
    assertThat(found.layout().latentHalves()).isEqualTo(form == GgufOfFolder.Form.HALVES);
    if (expected.latent().isPresent()) {
      LatentAttention latent = expected.latent().get();
      assertThat(found.latent().orElseThrow().scoreScale())
          .isCloseTo(latent.scoreScale(), within(1e-7));
      assertThat(found.latent().orElseThrow())
          .usingRecursiveComparison()
          .ignoringFields("scoreScale")
          .isEqualTo(latent);
    }
  }

  /** Sizes that are published: layers, hidden, experts; and the groups that those models have. */
  @ParameterizedTest
  @CsvSource({
    "61, 7168, 256, 8, true, 8, 4",
    "60, 5120, 160, 6, false, 8, 3",
    "27, 2048, 64, 6, false, 1, 1",
    "61, 7168, 384, 8, true, 1, 1"
  })
  void groupsOfOlderFilesAreThoseOfThePublishedModel(
      int layers, int hidden, int experts, int chosen, boolean sigmoid, int groups, int kept)
      throws IOException {
    GgufWriter writer = deepseek(layers, hidden, experts, chosen);
    writer.integer("deepseek2.expert_gating_func", sigmoid ? 2 : 1);

    ModelConfig config = read(writer);
    MixtureOfExperts mixture = config.mixture().orElseThrow();

    assertThat(config.architecture())
        .isEqualTo(sigmoid ? Architecture.DEEPSEEK_V3 : Architecture.DEEPSEEK_V2);
    assertThat(mixture.routing().scoring()).isEqualTo(sigmoid ? Scoring.SIGMOID : Scoring.SOFTMAX);
    assertThat(mixture.routing().groups()).isEqualTo(groups);
    assertThat(mixture.routing().keptGroups()).isEqualTo(kept);
    BitSet sparse = new BitSet();
    sparse.set(1, layers);
    assertThat(mixture.sparseLayers()).isEqualTo(sparse);
  }

  @Test
  void groupsThatAFileNamesAreTaken() throws IOException {
    MixtureOfExperts.Routing routing =
        read(deepseek(61, 7168, 256, 8)
                .integer("deepseek2.expert_group_count", 1)
                .integer("deepseek2.expert_group_used_count", 1)
                .integer("deepseek2.expert_gating_func", 2))
            .mixture()
            .orElseThrow()
            .routing();
    assertThat(routing.groups()).isEqualTo(1);
  }

  /** Files of V2 from before V3 do not name the function. */
  @Test
  void scoresAreASoftmaxWhereTheFileDoesNotSay() throws IOException {
    assertThat(read(deepseek(27, 2048, 64, 6)).architecture()).isEqualTo(Architecture.DEEPSEEK_V2);
  }

  @Test
  void theMultiplierOfV2LiteScalesScoresAsMscaleAllDimDoes() throws IOException {
    ModelConfig config =
        read(
            deepseek(27, 2048, 64, 6)
                .text("deepseek2.rope.scaling.type", "yarn")
                .real("deepseek2.rope.scaling.factor", 40)
                .integer("deepseek2.rope.scaling.original_context_length", 4096)
                .real("deepseek2.rope.scaling.yarn_log_multiplier", 0.0707));
    double magnitude = 0.0707 * Math.log(40) + 1;

    assertThat(config.rope().magnitude()).isEqualTo(1);
    assertThat(config.latent().orElseThrow().scoreScale())
        .isCloseTo(magnitude * magnitude / Math.sqrt(192), within(1e-8));
  }

  @Test
  void withoutTheMultiplierTurnedChannelsGrowAsYarnHasIt() throws IOException {
    ModelConfig config =
        read(
            deepseek(27, 2048, 64, 6)
                .text("deepseek2.rope.scaling.type", "yarn")
                .real("deepseek2.rope.scaling.factor", 40)
                .integer("deepseek2.rope.scaling.original_context_length", 4096));

    assertThat(config.rope().magnitude()).isCloseTo(0.1 * Math.log(40) + 1, within(1e-9));
    assertThat(config.latent().orElseThrow().scoreScale())
        .isCloseTo(1 / Math.sqrt(192), within(1e-9));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "integer | expert_gating_func | 3 | deepseek2.expert_gating_func 3 is not supported;"
            + " supported are 1 (softmax) and 2 (sigmoid)",
        "real | attention.temperature_scale | 0.1 | deepseek2.attention.temperature_scale",
        "real | expert_weights_scale | 0 | deepseek2.expert_weights_scale is 0.0",
        "integer | nextn_predict_layers | 27 | all of the 27 layers predict further tokens",
        "integer | expert_group_count | 7 | 64 experts cannot be divided into 7 groups",
        "integer | rope.dimension_count | 192 | 192 of a head's 192 channels are turned",
        "text | rope.scaling.type | longrope | rope scaling 'longrope' is not supported;"
            + " supported are none, linear, yarn, rope_freqs.weight"
      })
  void whatCannotBeRunIsRefusedWithASentence(String kind, String key, String value, String expected)
      throws IOException {
    GgufWriter writer = new GgufWriter();
    String name = "deepseek2." + key;
    switch (kind) {
      case "integer" -> writer.integer(name, Long.parseLong(value));
      case "real" -> writer.real(name, Double.parseDouble(value));
      default -> writer.text(name, value);
    }
    if (key.equals("expert_group_count")) {
      writer.integer("deepseek2.expert_group_used_count", 1);
    }
    describe(writer, 27, 2048, 64, 6, key);

    assertThatThrownBy(() -> read(writer))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("model.gguf")
        .hasMessageContaining(expected);
  }

  @Test
  void factorsThatOnlySomeProgramsReadAreRefused() throws IOException {
    GgufWriter writer =
        deepseek(27, 2048, 64, 6)
            .text("deepseek2.rope.scaling.type", "yarn")
            .real("deepseek2.rope.scaling.factor", 40)
            .integer("deepseek2.rope.scaling.original_context_length", 4096)
            .real("deepseek2.rope.scaling.attn_factor", 0.5);
    assertThatThrownBy(() -> read(writer))
        .hasMessageContaining("deepseek2.rope.scaling.attn_factor 0.5 is not supported");
  }

  @Test
  void normalisedAndScaledSoftmaxIsRefused() throws IOException {
    GgufWriter writer =
        deepseek(27, 2048, 64, 6)
            .flag("deepseek2.expert_weights_norm", true)
            .real("deepseek2.expert_weights_scale", 16);
    assertThatThrownBy(() -> read(writer))
        .hasMessageContaining("deepseek2.expert_weights_norm together with")
        .hasMessageContaining("published programs differ");
  }

  /** Some programs guess the function by the number of layers and words. */
  @Test
  void aCorrectedChoiceWithoutItsFunctionIsRefused() throws IOException {
    GgufWriter writer =
        deepseek(27, 2048, 64, 6).tensor("blk.1.exp_probs_b.bias", DType.F32, new float[64], 64);
    assertThatThrownBy(() -> read(writer))
        .hasMessageContaining("exp_probs_b without deepseek2.expert_gating_func 2 (sigmoid)");
  }

  @Test
  void groupsWithoutTheirNumberAreAMissingKey() throws IOException {
    GgufWriter writer = deepseek(27, 2048, 64, 6).integer("deepseek2.expert_group_count", 8);
    assertThatThrownBy(() -> read(writer))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("the metadata has no deepseek2.expert_group_used_count");
  }

  @Test
  void otherArchitecturesAreRefusedWithThoseThatAreRead() throws IOException {
    GgufWriter writer = new GgufWriter().text("general.architecture", "deepseek");
    assertThatThrownBy(() -> read(writer))
        .hasMessageContaining(
            "architecture 'deepseek' is not supported in GGUF files; supported are llama, qwen2,"
                + " qwen3, qwen3moe, deepseek2");
  }

  @Test
  void expertsOfADenseArchitectureAreRefused() throws IOException {
    GgufWriter writer =
        Stream.of("block_count", "embedding_length", "feed_forward_length", "context_length")
            .reduce(
                new GgufWriter().text("general.architecture", "llama"),
                (w, key) -> w.integer("llama." + key, 64),
                (a, b) -> a)
            .integer("llama.attention.head_count", 4)
            .integer("llama.vocab_size", 8)
            .integer("llama.expert_count", 8)
            .real("llama.attention.layer_norm_rms_epsilon", 1e-5);
    assertThatThrownBy(() -> read(writer))
        .hasMessageContaining(
            "experts are not supported in llama; supported are deepseek2, qwen3moe");
  }

  private static GgufWriter deepseek(int layers, int hidden, int experts, int chosen) {
    GgufWriter writer = new GgufWriter();
    describe(writer, layers, hidden, experts, chosen, "");
    return writer;
  }

  /** What is published of V2-Lite but for the sizes given, without a key that is there already. */
  private static void describe(
      GgufWriter writer, int layers, int hidden, int experts, int chosen, String given) {
    writer.text("general.architecture", "deepseek2");
    Object[][] integers = {
      {"block_count", layers},
      {"context_length", 163840},
      {"embedding_length", hidden},
      {"feed_forward_length", 10944},
      {"attention.head_count", 16},
      {"attention.head_count_kv", 1},
      {"vocab_size", 102400},
      {"attention.kv_lora_rank", 512},
      {"attention.key_length", 576},
      {"attention.value_length", 512},
      {"attention.key_length_mla", 192},
      {"attention.value_length_mla", 128},
      {"rope.dimension_count", 64},
      {"leading_dense_block_count", 1},
      {"expert_count", experts},
      {"expert_used_count", chosen},
      {"expert_shared_count", 2},
      {"expert_feed_forward_length", 1408},
    };
    for (Object[] pair : integers) {
      if (!pair[0].equals(given)) {
        writer.integer("deepseek2." + pair[0], (int) pair[1]);
      }
    }
    writer.real("deepseek2.attention.layer_norm_rms_epsilon", 1e-6);
    writer.tensor("token_embd.weight", DType.F32, new float[8], 1, 8);
  }

  private ModelConfig read(GgufWriter writer) throws IOException {
    Path file = folder.resolve("model.gguf");
    writer.write(file);
    return ModelConfig.fromGguf(file);
  }
}
