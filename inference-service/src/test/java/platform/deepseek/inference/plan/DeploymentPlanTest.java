package platform.deepseek.inference.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.model.ModelConfig;

/** Plans against what publishers say of their models, and against what was measured here. */
class DeploymentPlanTest {

  private static final Workload ONE = new Workload(1, 576, 512);

  /**
   * In billions, as published: all weights, and those that are used for a token. The embedding is
   * looked up and not multiplied; Qwen's 3.3 billion count it.
   */
  @ParameterizedTest
  @CsvSource({
    "deepseek-v3, 671, 37",
    "deepseek-v2, 236, 21",
    "deepseek-v2-lite, 15.7, 2.4",
    "qwen3-30b-a3b, 30.5, 3.04",
    "deepseek-r1-distill-qwen-1.5b, 1.78, 1.54",
    "deepseek-r1-distill-qwen-7b, 7.62, 7.07",
    "deepseek-r1-distill-qwen-14b, 14.8, 14.0",
    "deepseek-r1-distill-qwen-32b, 32.8, 32.0",
    "deepseek-r1-distill-llama-8b, 8.03, 7.5",
    "deepseek-r1-distill-llama-70b, 70.6, 69.5",
  })
  void sizesAreThePublishedOnes(String model, double total, double active) {
    ModelSize size = ModelSize.of(config(model));

    assertThat(size.total() / 1e9).isCloseTo(total, Percentage.withPercentage(0.5));
    assertThat(size.active() / 1e9).isCloseTo(active, Percentage.withPercentage(3.5));
  }

  /** 576 values a layer in 16 bits; full heads of V3 would take 57 times as much. */
  @Test
  void aTokenOfLatentAttentionTakesItsLatentOnly() {
    assertThat(need("deepseek-v3", WeightPrecision.FP8).cachePerToken()).isEqualTo(61 * 576 * 2);
    assertThat(need("deepseek-v2-lite", WeightPrecision.BF16).cachePerToken())
        .isEqualTo(27 * 576 * 2);
    assertThat(need("deepseek-r1-distill-qwen-1.5b", WeightPrecision.BF16).cachePerToken())
        .isEqualTo(28_672);
  }

  /** The published checkpoint of V3 in FP8, without its further-token layer, has 671 GB. */
  @Test
  void weightsTakeTheirBits() {
    assertThat(need("deepseek-v3", WeightPrecision.FP8).weights() / 1e9)
        .isCloseTo(672, within(2.0));
    assertThat(need("deepseek-v2-lite", WeightPrecision.BF16).weights() / 1e9)
        .isCloseTo(31.4, within(0.1));
    assertThat(need("deepseek-r1-distill-qwen-1.5b", WeightPrecision.FP16).weights() / 1e9)
        .isCloseTo(3.55, within(0.01));
  }

  /** V3 in FP8 runs on one node of H200 and needs two of H100, as its publisher says. */
  @ParameterizedTest
  @CsvSource({
    "deepseek-v3, FP8, H200, 8",
    "deepseek-v3, FP8, H100, 16",
    "deepseek-v3, BF16, H200, 16",
    "deepseek-v3, INT4, H200, 4",
    "deepseek-v2-lite, BF16, H100, 1",
    "deepseek-r1-distill-llama-70b, BF16, H100, 4",
    "deepseek-r1-distill-qwen-7b, BF16, RTX4090, 1",
    "deepseek-r1-distill-qwen-32b, INT4, RTX4090, 2",
  })
  void fewestGpus(String model, WeightPrecision precision, Gpu gpu, int fewest) {
    DeploymentPlan plan =
        DeploymentPlan.of(config(model), precision, new Workload(8, 8192, 2048), gpu, 0);

    assertThat(plan.fewest()).contains(fewest);
    assertThat(plan.gpus()).isEqualTo(fewest);
    assertThat(plan.fits()).isTrue();
    assertThat(plan.affordableTokens()).isGreaterThan(8 * 8192);
    assertThat(DeploymentPlan.of(config(model), precision, ONE, gpu, fewest).nodes())
        .isEqualTo(Math.ceilDiv(fewest, 8));
  }

  @Test
  void aWorkloadThatFitsNowhereIsSaidNotToFit() {
    DeploymentPlan plan =
        DeploymentPlan.of(
            config("deepseek-v3"), WeightPrecision.FP32, new Workload(1, 4096, 512), Gpu.L4, 8);

    assertThat(plan.fits()).isFalse();
    assertThat(plan.affordableTokens()).isZero();
  }

  /** Tokens per second on an H200, docs/benchmarks.md: batch, measured. */
  @ParameterizedTest
  @CsvSource({"1, 729", "8, 5201", "32, 16083", "64, 30215", "128, 51804", "256, 71192"})
  void expectedDecodeIsNearTheMeasuredOne(int batch, double measured) {
    Speed speed = distill(new Workload(batch, 576, 8192));

    assertThat(speed.decode()).isCloseTo(measured, Percentage.withPercentage(20));
  }

  @Test
  void expectedPrefillIsNearTheMeasuredOne() {
    assertThat(distill(new Workload(32, 512, 8192)).prefill())
        .isCloseTo(193_252, Percentage.withPercentage(15));
  }

  /** One token reads its own experts; many together read nearly all. */
  @Test
  void aBatchReadsTheExpertsThatSomebodyChose() {
    ModelConfig config = config("deepseek-v3");
    ModelSize size = ModelSize.of(config);

    assertThat(Speed.shareOfExperts(config, 1)).isCloseTo(8.0 / 256, within(1e-12));
    assertThat(Speed.shareOfExperts(config, 256)).isGreaterThan(0.999);
    assertThat(
            Speed.of(config, WeightPrecision.BF16, new Workload(1, 1, 1), Gpu.H200, 8).readBytes())
        .isCloseTo(2.0 * size.active(), Percentage.withPercentage(0.1));
  }

  @Test
  void theCommandPrintsThePlanWithItsFormulas() {
    var out = new ByteArrayOutputStream();
    var errors = new ByteArrayOutputStream();
    int status =
        PlanCommand.run(
            path("deepseek-v3"),
            Map.of("GPU", "h200", "BATCH", "64"),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8));

    assertThat(errors.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(status).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("weights: 671.03 billion, of which 36.63 billion are multiplied for a token")
        .contains("cache: 70,272 bytes a token = 61 layers * (512 latent + 64 turned) * 2")
        .contains("8 x H200 (1 node), fp8")
        .contains("it fits")
        .contains("note: this engine runs a model on one GPU each")
        .contains("no fp8, and int8 and int4 for experts alone; all else is in 16 bits");
  }

  @Test
  void theCommandReadsTheSizesOfAGgufFile() {
    var out = new ByteArrayOutputStream();
    int status =
        PlanCommand.run(
            Path.of("src/test/resources/fixtures/gguf/tiny_deepseek2_v3.gguf"),
            Map.of("GPU", "l4", "BATCH", "1"),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            System.err);

    assertThat(status).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("file: 0.00 GiB of weights, 8.69 bits each")
        .contains("cache: 288 bytes a token = 3 layers * (32 latent + 16 turned) * 2")
        .contains("1 x L4 (1 node), bf16");
  }

  @Test
  void aFileThatIsNoModelIsSaidInASentence() {
    var errors = new ByteArrayOutputStream();
    int status =
        PlanCommand.run(
            Path.of("src/test/resources/fixtures/gguf/tiny_deepseek2_v3.golden.bin"),
            Map.of(),
            System.out,
            new PrintStream(errors, true, StandardCharsets.UTF_8));

    assertThat(status).isEqualTo(1);
    assertThat(errors.toString(StandardCharsets.UTF_8))
        .startsWith("error: ")
        .contains("does not begin with GGUF; is this a GGUF file?");
  }

  @ParameterizedTest
  @CsvSource({
    "GPU, h900, GPU=h900 is not one of",
    "PRECISION, int2, PRECISION=int2 is not one of",
    "BATCH, many, BATCH=many is not a number",
    "BATCH, -1, 'BATCH, CONTEXT and TOKENS_PER_STEP must be at least 1'",
  })
  void whatCannotBePlannedIsSaidInASentence(String name, String value, String expected) {
    var errors = new ByteArrayOutputStream();
    int status =
        PlanCommand.run(
            path("deepseek-v3"),
            Map.of(name, value),
            System.out,
            new PrintStream(errors, true, StandardCharsets.UTF_8));

    assertThat(status).isEqualTo(1);
    assertThat(errors.toString(StandardCharsets.UTF_8)).startsWith("error: " + expected);
  }

  private static Speed distill(Workload workload) {
    return Speed.of(
        config("deepseek-r1-distill-qwen-1.5b"), WeightPrecision.FP16, workload, Gpu.H200, 1);
  }

  private static MemoryNeed need(String model, WeightPrecision precision) {
    return MemoryNeed.of(config(model), precision, ONE);
  }

  private static ModelConfig config(String model) {
    return ModelConfig.fromHuggingFace(path(model));
  }

  private static Path path(String model) {
    return Path.of("..", "deploy", "plan", model);
  }
}
