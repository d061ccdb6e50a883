package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.plan.MemoryNeed;
import platform.deepseek.inference.plan.WeightPrecision;
import platform.deepseek.inference.plan.Workload;
import platform.deepseek.inference.runner.CudaModelRunner;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.CudaPrecision;

class CudaPlanTest {

  private static final long GIB = 1L << 30;
  private static final long PAGE = 2 << 20;
  private static final int MULTIPROCESSORS = 132;
  private static final CudaNumbers FP16 = CudaNumbers.published(CudaPrecision.FP16);
  private static final OptionalInt NOT_SET = OptionalInt.empty();

  private final ModelConfig config =
      ModelConfig.fromHuggingFace(Path.of("src/test/resources/fixtures/models/qwen2_tied"));
  private final long block = 16 * CudaModelRunner.tokenBytes(config, CudaPrecision.FP16);

  private static OptionalInt set(int value) {
    return OptionalInt.of(value);
  }

  private CudaPlan plan(OptionalInt context, int maxBatch, long page, long free, long allowed) {
    return CudaPlan.of(
        config,
        FP16,
        new CudaPlan.Wanted(context, set(maxBatch), set(256), allowed),
        new CudaPlan.Gpu(free, page, MULTIPROCESSORS));
  }

  private static CudaPlan defaults(ModelConfig config, long free) {
    return CudaPlan.of(
        config,
        FP16,
        new CudaPlan.Wanted(NOT_SET, NOT_SET, NOT_SET, Long.MAX_VALUE),
        new CudaPlan.Gpu(free, PAGE, MULTIPROCESSORS));
  }

  /** DeepSeek-R1-Distill-Qwen-1.5B's shape. */
  private static ModelConfig model(Path folder) throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "dtype": "float16",
         "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28,
         "num_attention_heads": 12, "num_key_value_heads": 2, "vocab_size": 151936,
         "max_position_embeddings": 131072, "rms_norm_eps": 1e-6, "rope_theta": 10000,
         "tie_word_embeddings": false, "hidden_act": "silu", "eos_token_id": 1}
        """);
    return ModelConfig.fromHuggingFace(folder);
  }

  /** Beside 29 GiB of weights, nearly all of them experts', a token takes 27 latents of 576. */
  @Test
  void expertsAndLatentsOfV2LiteAreCounted() {
    ModelConfig lite = ModelConfig.fromHuggingFace(Path.of("../deploy/plan/deepseek-v2-lite"));
    assertThat(CudaModelRunner.tokenBytes(lite, CudaPrecision.FP16)).isEqualTo(27 * 576 * 2);
    long weights = CudaModelRunner.weightBytes(lite, FP16);
    // 15.7 billion in 16 bits, and its 26 routers in 32.
    assertThat(weights).isBetween(31_400_000_000L, 31_430_000_000L);

    CudaPlan large = defaults(lite, 79 * GIB);
    assertThat(large.maxBatch()).isEqualTo(256);
    assertThat(large.context()).isEqualTo(lite.context());
    assertThat(large.kvBytes()).isBetween(40 * GIB, 48 * GIB);
    assertThat(large.kvBlocks() * 16L * 27 * 576 * 2).isLessThanOrEqualTo(large.kvBytes());

    assertThatThrownBy(() -> defaults(lite, 24 * GIB))
        .isInstanceOf(ModelDoesNotFitException.class)
        .hasMessageContaining("%,d MiB for weights".formatted(weights >> 20));
  }

  /** An A10 tells 22.5 GiB of its 24, of which a start finds some in use. */
  @Test
  void v2LiteFitsAnA10WithItsExpertsIn8And4Bits() {
    ModelConfig lite = ModelConfig.fromHuggingFace(Path.of("../deploy/plan/deepseek-v2-lite"));
    for (String precision : new String[] {"int8", "int4"}) {
      CudaNumbers numbers = CudaNumbers.parse(precision);
      long weights = CudaModelRunner.weightBytes(lite, numbers);
      CudaPlan plan =
          CudaPlan.of(
              lite,
              numbers,
              new CudaPlan.Wanted(NOT_SET, NOT_SET, NOT_SET, Long.MAX_VALUE),
              new CudaPlan.Gpu(22 * GIB, PAGE, 72));
      assertThat(weights / 1e9)
          .isBetween(
              precision.equals("int8") ? 17.3 : 10.9, precision.equals("int8") ? 17.6 : 11.1);
      assertThat(weights + plan.kvBytes()).isLessThan(22 * GIB);
      assertThat(plan.maxBatch()).isGreaterThanOrEqualTo(32);
      assertThat(plan.context()).isGreaterThanOrEqualTo(32_768);
    }
  }

  /** Norms and routers, which stay in float32, are next to nothing. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-r1-distill-qwen-1.5b",
        "deepseek-r1-distill-llama-8b",
        "deepseek-v2-lite",
        "deepseek-v3",
        "qwen3-30b-a3b"
      })
  void thePlannerOfDeploymentsCountsTheSameBytes(String model) {
    ModelConfig published = ModelConfig.fromHuggingFace(Path.of("../deploy/plan", model));
    for (String precision : new String[] {"fp16", "int8", "int4"}) {
      long weights = CudaModelRunner.weightBytes(published, CudaNumbers.parse(precision));
      MemoryNeed need =
          MemoryNeed.of(published, WeightPrecision.parse(precision), new Workload(1, 64, 64));
      assertThat((double) need.weights())
          .as(precision)
          .isCloseTo(weights, Percentage.withPercentage(0.3));
    }
  }

  @Test
  void twiceAsManySlotsAsSequencesShareAllBlocksWhereTheyFit() {
    assertThat(plan(set(128), 4, PAGE, 8 * GIB, GIB))
        .isEqualTo(new CudaPlan(4, 256, 128, 8, 8 * 8, GIB));
  }

  @Test
  void blocksAreWhatIsLeftWhenEverySlotEndsInTheMiddleOfAPage() {
    CudaPlan plan = plan(set(config.context()), 200, PAGE, 16 * GIB, 5 * GIB);
    assertThat(plan.slots()).isEqualTo((int) (5 * GIB / 8 / (PAGE + block))).isEqualTo(319);

    CudaPlan few = plan(set(config.context()), 2, PAGE, 8 * GIB, 3 * (PAGE + block));
    assertThat(few.slots()).isEqualTo(2);
    assertThat(few.kvBlocks()).isEqualTo(2 * config.context() / 16);
  }

  @Test
  void slotsGiveWayToTheContext() {
    int context = config.context();
    long blocks = Math.ceilDiv(context, 16);
    long smallPages = 4096;
    long allowed = 5 * (smallPages + block) + blocks * block + smallPages - 1;
    CudaPlan plan = plan(set(context), 4, smallPages, 8 * GIB, allowed);
    assertThat(plan.slots()).isBetween(4, 5);
    assertThat(plan.kvBlocks()).isGreaterThanOrEqualTo((int) blocks);
    assertThat(plan.kvBytes() % smallPages).isZero();
  }

  @Test
  void contextIsWhatOneSequenceHasMemoryFor() {
    long smallPages = 4096;
    long allowed = 4 * (smallPages + block) + 3 * block + smallPages;
    CudaPlan plan = plan(NOT_SET, 4, smallPages, 8 * GIB, allowed);
    assertThat(plan.context()).isEqualTo(48);
    assertThat(plan.kvBlocks()).isEqualTo(3);
    assertThat(plan(NOT_SET, 4, PAGE, 8 * GIB, Long.MAX_VALUE).context())
        .isEqualTo(config.context());
  }

  /** However tokens are spread over slots within the blocks, their pages fit the bytes. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whatTheEnginePlacesFits(long seed) {
    Random random = new Random(seed);
    for (int trial = 0; trial < 200; trial++) {
      long page = 4096L << random.nextInt(4);
      int maxBatch = 1 + random.nextInt(6);
      long allowed = 20 * (page + block) + random.nextLong(40 * block);
      CudaPlan plan = plan(NOT_SET, maxBatch, page, 8 * GIB, allowed);
      assertThat(plan.kvBytes()).isLessThanOrEqualTo(allowed);
      long mapped = 0;
      int left = plan.kvBlocks();
      for (int slot = 0; slot < plan.slots(); slot++) {
        int most = Math.min(left, Math.ceilDiv(plan.context(), 16));
        int blocks = random.nextInt(most + 1);
        left -= blocks;
        // A token behind a full last block may be written in vain.
        long bytes = blocks == 0 ? 0 : (blocks + 1) * block;
        mapped += Math.ceilDiv(bytes, page) * page;
      }
      assertThat(mapped).isLessThanOrEqualTo(plan.kvBytes());
    }
  }

  @Test
  void largeGpuHasTheFullDefaultsAndNearlyAllOfItIsForKeysAndValues(@TempDir Path folder)
      throws IOException {
    CudaPlan plan = defaults(model(folder), 140 * GIB);
    assertThat(plan.maxBatch()).isEqualTo(256);
    assertThat(plan.tokensPerStep()).isEqualTo(8_192);
    assertThat(plan.slots()).isEqualTo(512);
    assertThat(plan.context()).isEqualTo(131_072);
    assertThat(plan.kvBytes()).isBetween(131 * GIB, 134 * GIB);
  }

  @Test
  void smallGpuGetsSmallerDefaultsInsteadOfARefusal(@TempDir Path folder) throws IOException {
    CudaPlan plan = defaults(model(folder), 7 * GIB + 200 * (1 << 20));
    assertThat(plan.maxBatch()).isBetween(64, 128);
    assertThat(plan.tokensPerStep()).isBetween(1_024, 4_096);
    assertThat(plan.context()).isGreaterThan(32_768);
    assertThat(plan.kvBytes()).isGreaterThan(3 * GIB / 2);
  }

  @Test
  void tightGpuServesAFewSequencesOfAUsefulLength(@TempDir Path folder) throws IOException {
    CudaPlan plan = defaults(model(folder), 5 * GIB);
    assertThat(plan.maxBatch()).isBetween(8, 64);
    assertThat(plan.tokensPerStep()).isGreaterThanOrEqualTo(256);
    assertThat(plan.context()).isGreaterThanOrEqualTo(2_048);
  }

  /** After a wanted change run with {@code -Dgolden.record=true}. */
  @Test
  void examplesInTheDocumentationAreThePlans(@TempDir Path folder) throws IOException {
    ModelConfig model = model(folder);
    StringBuilder table =
        new StringBuilder(
            "| free at start | sequences | tokens of a step | keys and values | tokens in all |"
                + " context |\n|---|---|---|---|---|---|\n");
    for (double free : new double[] {5, 7.3, 15, 23, 79, 139}) {
      CudaPlan plan = defaults(model, (long) (free * GIB));
      table.append(
          String.format(
              Locale.ROOT,
              "| %s GiB | %d | %,d | %.1f GiB | %,d | %,d |\n",
              free % 1 == 0 ? Long.toString((long) free) : Double.toString(free),
              plan.maxBatch(),
              plan.tokensPerStep(),
              (double) plan.kvBytes() / GIB,
              16L * plan.kvBlocks(),
              plan.context()));
    }
    Path file = Path.of("..", "docs", "gpu.md");
    String text = Files.readString(file);
    String begin = "<!-- begin plans -->\n";
    int start = text.indexOf(begin) + begin.length();
    int end = text.indexOf("<!-- end plans -->");
    if (Boolean.getBoolean("golden.record")) {
      Files.writeString(file, text.substring(0, start) + table + text.substring(end));
      return;
    }
    assertThat(text.substring(start, end)).isEqualTo(table.toString());
  }

  @Test
  void defaultsAreDocumented() throws IOException {
    assertThat(Files.readString(Path.of("..", "docs", "configuration.md")))
        .containsPattern(
            "`MAX_BATCH_SIZE` .* \\| %d; on a GPU %d, or what its memory allows \\|"
                .formatted(ModelServing.CPU_BATCH, CudaPlan.DEFAULT_BATCH))
        .containsPattern(
            "`DEEPSEEK_TOKENS_PER_STEP` .* \\| %d, or .*; on a GPU %d, or what its memory allows"
                .formatted(ModelServing.CPU_TOKENS, CudaPlan.DEFAULT_TOKENS))
        .containsPattern(
            "`DEEPSEEK_TARGET_STEP` .* \\| `%dms` on a GPU, else 0 \\|"
                .formatted(ModelServing.CUDA_STEP.toMillis()));
  }

  @Test
  void whatIsAskedForStaysAndTheRestAdapts(@TempDir Path folder) throws IOException {
    ModelConfig model = model(folder);
    var gpu = new CudaPlan.Gpu(7 * GIB, PAGE, MULTIPROCESSORS);
    CudaPlan batch =
        CudaPlan.of(
            model, FP16, new CudaPlan.Wanted(set(4_096), set(200), NOT_SET, Long.MAX_VALUE), gpu);
    assertThat(batch.maxBatch()).isEqualTo(200);
    assertThat(batch.context()).isEqualTo(4_096);
    assertThat(batch.tokensPerStep()).isBetween(200, 2_048);

    CudaPlan tokens =
        CudaPlan.of(
            model, FP16, new CudaPlan.Wanted(NOT_SET, NOT_SET, set(96), Long.MAX_VALUE), gpu);
    assertThat(tokens.tokensPerStep()).isEqualTo(96);
    assertThat(tokens.maxBatch()).isBetween(1, 96);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 6, 8, 10, 12, 16, 24, 40, 80})
  void whateverTheGpuThePlanIsWithinItsMemory(int gib) throws IOException {
    Path folder = Files.createTempDirectory("plan");
    try {
      CudaPlan plan = defaults(model(folder), gib * GIB);
      assertThat(plan.maxBatch()).isLessThanOrEqualTo(plan.tokensPerStep());
      assertThat(plan.slots()).isBetween(plan.maxBatch(), 2 * plan.maxBatch());
      long weights = CudaModelRunner.weightBytes(model(folder), FP16);
      assertThat(plan.kvBytes()).isBetween(1L, gib * GIB - weights - GIB);
    } finally {
      Files.delete(folder.resolve("config.json"));
      Files.delete(folder);
    }
  }

  @Test
  void gpusOfDifferentSizesAreUsedLikeTheSmallest() {
    assertThat(new CudaPlan.Gpu(8 * GIB, PAGE, 132).smaller(new CudaPlan.Gpu(6 * GIB, 4096, 144)))
        .isEqualTo(new CudaPlan.Gpu(6 * GIB, PAGE, 144));
  }

  @Test
  void whatDoesNotFitIsRefusedWithItsNumbersAndWhatWasAskedFor() {
    assertThatThrownBy(() -> plan(set(128), 4, PAGE, GIB, Long.MAX_VALUE))
        .isInstanceOf(ModelDoesNotFitException.class)
        .hasMessageStartingWith("the GPU has 1,024 MiB free: 0 MiB for weights and 1,0")
        .hasMessageContaining(
            "one sequence of CONTEXT=128 tokens with MAX_BATCH_SIZE=4 slots needs")
        .hasMessageEndingWith(
            "lower CONTEXT or MAX_BATCH_SIZE or DEEPSEEK_TOKENS_PER_STEP, take a smaller model or a"
                + " larger GPU, or set DEVICE=cpu");
  }

  @Test
  void modelTooLargeForTheGpuIsRefusedWithoutAdviceOnWhatNobodySet(@TempDir Path folder)
      throws IOException {
    ModelConfig model = model(folder);
    assertThatThrownBy(() -> defaults(model, 4 * GIB))
        .isInstanceOf(ModelDoesNotFitException.class)
        .hasMessageEndingWith("MiB; take a smaller model or a larger GPU, or set DEVICE=cpu");
  }

  @Test
  void aModelThatIsTooLargeInFp16MayFitInInt4() {
    ModelConfig large =
        new ModelConfig(
            config.architecture(),
            48,
            4096,
            14_336,
            32,
            8,
            128,
            config.vocabulary(),
            config.context(),
            config.rmsNormEps(),
            config.rope(),
            config.attentionBias(),
            config.qkNorm(),
            config.tiedEmbeddings(),
            config.bos(),
            config.eos());
    assertThatThrownBy(() -> onElevenGibibytes(large, FP16))
        .isInstanceOf(ModelDoesNotFitException.class);
    assertThatThrownBy(() -> onElevenGibibytes(large, CudaNumbers.parse("int8")))
        .isInstanceOf(ModelDoesNotFitException.class);
    assertThat(onElevenGibibytes(large, CudaNumbers.parse("int4")).context()).isEqualTo(128);
  }

  private static CudaPlan onElevenGibibytes(ModelConfig model, CudaNumbers numbers) {
    return CudaPlan.of(
        model,
        numbers,
        new CudaPlan.Wanted(set(128), set(1), set(256), Long.MAX_VALUE),
        new CudaPlan.Gpu(11 * GIB, PAGE, MULTIPROCESSORS));
  }
}
