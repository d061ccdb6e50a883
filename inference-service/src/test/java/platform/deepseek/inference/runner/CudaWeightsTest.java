package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.model.ModelWeights;
import platform.deepseek.inference.model.WeightRole;
import platform.deepseek.inference.runner.reference.ProductReference;
import platform.deepseek.inference.weights.Checkpoint;
import platform.deepseek.inference.weights.DType;
import platform.deepseek.inference.weights.Dequantizer;
import platform.deepseek.inference.weights.GgufFile;
import platform.deepseek.inference.weights.Tensor;

class CudaWeightsTest {

  private static final CudaNumbers FP16 = CudaNumbers.published(CudaPrecision.FP16);

  private final HostDevice device = new HostDevice();

  /** Every tensor of every role, from files of several types and both orders of rows. */
  @ParameterizedTest
  @CsvSource({
    "models/qwen2_tied, FP16, FP16",
    "models/qwen2_untied, BF16, FP16",
    "models/qwen3, FP32, FP32",
    "models/qwen2_tied, BF16, FP16",
    "models/qwen2_bf16, BF16, BF16",
    "models/qwen2_sharded, FP32, FP32",
    "gguf/tiny_llama_mixed.gguf, FP16, FP16",
    "gguf/tiny_qwen2_q8_0.gguf, BF16, FP16"
  })
  void everyTensorLiesWhereItsAddressSaysRoundedToItsType(
      String model, CudaPrecision matrices, CudaPrecision head) {
    requireUploaded(Fixtures.path(model), matrices, head);
  }

  private void requireUploaded(Path path, CudaPrecision matrices, CudaPrecision head) {
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      ModelConfig config =
          checkpoint instanceof GgufFile gguf
              ? ModelConfig.fromGguf(gguf)
              : ModelConfig.fromHuggingFace(path);
      ModelWeights weights = new ModelWeights(config, checkpoint);
      List<CudaWeight> list = CudaWeight.all(config, CudaNumbers.published(matrices), head);
      List<Integer> told = new ArrayList<>();
      try (CudaWeights uploaded = CudaWeights.upload(device, list, weights, told::add)) {
        assertThat(told).isEqualTo(IntStream.rangeClosed(1, list.size()).boxed().toList());
        for (WeightRole role : WeightRole.values()) {
          for (int layer = 0; layer < (role.perLayer() ? config.layers() : 1); layer++) {
            if (weights.has(role)) {
              CudaPrecision type =
                  role.shape(config).length == 1
                      ? CudaPrecision.FP32
                      : role == WeightRole.HEAD ? head : matrices;
              requireTensor(uploaded, weights, role, layer, type);
            } else {
              assertThat(uploaded.address(role, layer)).isZero();
            }
          }
        }
        assertThat(uploaded.speed().uploaded()).isEqualTo(CudaWeights.bytes(list));
        assertThat(uploaded.speed().stored()).isPositive();
        assertThat(uploaded.speed().seconds()).isPositive();
      }
    }
    assertThat(device.allocations() + device.open()).isZero();
  }

  private static void requireTensor(
      CudaWeights uploaded, ModelWeights weights, WeightRole role, int layer, CudaPrecision type) {
    long address = uploaded.address(role, layer);
    assertThat(address % (role.shape(weights.config()).length == 1 ? 4 : 16)).isZero();
    if (role.shape(weights.config()).length == 1) {
      float[] vector = weights.vector(role, layer);
      assertThat(HostDevice.memory(address, 4L * vector.length).toArray(ValueLayout.JAVA_FLOAT))
          .isEqualTo(vector);
      return;
    }
    int columns = (int) weights.tensor(role, layer).columns();
    float[] row = new float[columns];
    MemorySegment expected = MemorySegment.ofArray(new long[columns / 2]);
    long rowBytes = (long) columns * type.bytes();
    for (int r = 0; r < weights.tensor(role, layer).rows(); r++) {
      weights.row(role, layer, r, row, 0);
      if (type == CudaPrecision.FP32) {
        MemorySegment.copy(row, 0, expected, ValueLayout.JAVA_FLOAT, 0, columns);
      } else {
        short[] halves = new short[columns];
        type.round(row, halves, columns);
        MemorySegment.copy(halves, 0, expected, ValueLayout.JAVA_SHORT, 0, columns);
      }
      assertThat(
              HostDevice.memory(address + r * rowBytes, rowBytes)
                  .mismatch(expected.asSlice(0, rowBytes)))
          .as("%s of layer %d, row %d", role, layer, r)
          .isEqualTo(-1);
    }
  }

  @Test
  void aTiedHeadIsUploadedOnceUnlessItsTypeDiffers() {
    ModelConfig config = ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_tied"));
    assertThat(CudaWeight.all(config, FP16, CudaPrecision.FP16))
        .extracting(CudaWeight::name)
        .doesNotContain("head")
        .contains("embedding", "layer0.qkv", "layer0.qkv_bias", "layer1.mlp_norm", "final_norm");
    assertThat(
            CudaWeight.all(config, CudaNumbers.published(CudaPrecision.BF16), CudaPrecision.FP16))
        .filteredOn(weight -> weight.name().equals("head"))
        .singleElement()
        .returns(CudaPrecision.FP16, CudaWeight::type);
  }

  @Test
  void aLargeMatrixIsCutIntoWholeRows() {
    ModelConfig config = ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_tied"));
    CudaWeight weight =
        CudaWeight.of(config, CudaPrecision.FP16, "x", 0, WeightRole.GATE, WeightRole.UP);
    long rowBytes = 2L * config.hidden();

    List<WeightPiece> pieces = WeightPiece.of(weight, config, 7 * rowBytes + 1);

    int perRole = Math.ceilDiv(config.intermediate(), 7);
    assertThat(pieces).hasSize(2 * perRole);
    assertThat(pieces.getFirst()).returns(7, WeightPiece::rows).returns(0L, WeightPiece::offset);
    assertThat(pieces.get(perRole))
        .returns(WeightRole.UP, WeightPiece::role)
        .returns(0, WeightPiece::firstRow)
        .returns(config.intermediate() * rowBytes, WeightPiece::offset);
    assertThat(pieces.stream().mapToLong(WeightPiece::bytes).sum()).isEqualTo(weight.bytes());
  }

  /** Where a format can hold what a file has, not a bit is lost; elsewhere half a step at most. */
  @ParameterizedTest
  @CsvSource({
    "gguf/tiny_llama_mixed.gguf, INT8",
    "gguf/tiny_llama_mixed.gguf, INT4",
    "gguf/tiny_qwen2_q8_0.gguf, INT8",
    "gguf/tiny_qwen2_q8_0.gguf, INT4",
    "models/qwen2_bf16, INT8",
    "models/llama3_rope, INT4"
  })
  void quantisedMatricesAreWhatTheFileHasOrNextToIt(String model, WeightFormat format) {
    requireQuantised(Fixtures.path(model), format);
  }

  /** Each expert's rows lie where the kernels look for them; attention stays as it is. */
  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"INT8", "INT4"})
  void ofAMixtureTheExpertsAreQuantised(WeightFormat format, @TempDir Path folder)
      throws IOException {
    RandomMixture.writeDeepseek(folder, RandomMixture.Shape.TINY);
    assertThat(requireQuantised(folder, format))
        .extracting(CudaWeight::name)
        .containsExactly(
            "layer1.expert_gate_up",
            "layer1.expert_down",
            "layer1.shared_gate_up",
            "layer1.shared_down",
            "layer2.expert_gate_up",
            "layer2.expert_down",
            "layer2.shared_gate_up",
            "layer2.shared_down");
  }

  private static List<CudaWeight> requireQuantised(Path path, WeightFormat format) {
    List<CudaWeight> quantised = new ArrayList<>();
    HostDevice host = ProductReference.on(new HostDevice());
    CudaNumbers numbers = new CudaNumbers(CudaPrecision.FP32, format);
    try (Checkpoint checkpoint = Checkpoint.open(path);
        SmallProducts products = new SmallProducts(host, CudaPrecision.FP32, format)) {
      ModelConfig config =
          checkpoint instanceof GgufFile gguf
              ? ModelConfig.fromGguf(gguf)
              : ModelConfig.fromHuggingFace(path);
      ModelWeights weights = new ModelWeights(config, checkpoint);
      List<CudaWeight> list = CudaWeight.all(config, numbers, CudaPrecision.FP32);
      try (CudaWeights uploaded = CudaWeights.upload(host, list, weights, n -> {})) {
        for (CudaWeight weight : list) {
          if (weight.format().quantized()) {
            requireDequantized(host, products, uploaded, weights, weight);
            quantised.add(weight);
          }
        }
      }
    }
    assertThat(host.allocations() + host.open()).isZero();
    return quantised;
  }

  private static void requireDequantized(
      HostDevice host,
      SmallProducts products,
      CudaWeights uploaded,
      ModelWeights weights,
      CudaWeight weight) {
    DeviceMatrix matrix = uploaded.matrix(weight.roles().getFirst(), weight.layer());
    assertThat(matrix.weight() % 256 + matrix.scales() % 256 + matrix.minimums() % 256).isZero();
    long dequantized = host.allocate(weight.elements() * Float.BYTES);
    products.dequantize(dequantized, matrix);
    float[] found =
        HostDevice.memory(dequantized, weight.elements() * Float.BYTES)
            .toArray(ValueLayout.JAVA_FLOAT);
    host.free(dequantized);
    int at = 0;
    int experts = CudaWeight.copies(weight.roles().getFirst(), weights.config());
    for (int expert = 0; expert < experts; expert++) {
      for (WeightRole role : weight.roles()) {
        Tensor tensor = weights.tensor(role, weight.layer(), expert);
        float[] row = new float[matrix.inputs()];
        for (int r = 0; r < tensor.rows(); r++, at += row.length) {
          Dequantizer.row(tensor, weights.sourceRow(role, r), row, 0);
          float[] stored = Arrays.copyOfRange(found, at, at + row.length);
          requireBlocks(tensor, weight.format(), row, stored, role + ", row " + r);
        }
      }
    }
    assertThat(at).isEqualTo(found.length);
  }

  private static void requireBlocks(
      Tensor tensor, WeightFormat format, float[] row, float[] found, String what) {
    for (int block = 0; block < row.length; block += 32) {
      float[] right = Arrays.copyOfRange(row, block, block + 32);
      float[] stored = Arrays.copyOfRange(found, block, block + 32);
      float most = exact(tensor.dtype(), format) ? 0 : step(right, format);
      assertThat(stored).as(what).containsExactly(right, within(most));
    }
  }

  private static boolean exact(DType type, WeightFormat format) {
    return switch (format) {
      case INT8 -> type == DType.Q8_0 || type == DType.Q5_0 || type == DType.Q4_0;
      case INT4 -> type == DType.Q4_0 || type == DType.Q4_1;
      case PUBLISHED -> true;
    };
  }

  /** What the numbers of a block may be off by: half a step, and a little for rounded factors. */
  private static float step(float[] block, WeightFormat format) {
    float least = block[0];
    float most = block[0];
    for (float value : block) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    float largest = Math.max(Math.abs(least), Math.abs(most));
    // Four bits are fitted to a block as a whole, and may clip its ends.
    return format == WeightFormat.INT8 ? 0.52f * largest / 127 : 1.2f * (most - least) / 15;
  }

  @Test
  void rowsThatAreNoBlocksAreRefused() {
    ModelConfig config = ModelConfig.fromHuggingFace(Fixtures.path("models/qwen2_tied"));
    ModelConfig odd =
        new ModelConfig(
            config.architecture(),
            config.layers(),
            config.hidden(),
            100,
            config.heads(),
            config.kvHeads(),
            config.headDim(),
            config.vocabulary(),
            config.context(),
            config.rmsNormEps(),
            config.rope(),
            config.attentionBias(),
            config.qkNorm(),
            config.tiedEmbeddings(),
            config.bos(),
            config.eos());
    assertThatThrownBy(
            () ->
                CudaModelRunner.weightBytes(
                    odd, new CudaNumbers(CudaPrecision.FP16, WeightFormat.INT4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "rows of layer0.down have 100 numbers, and PRECISION=int4 needs a multiple of 32; set"
                + " PRECISION=fp16");
  }

  @Test
  void aFailureEndsTheUploadAndLeavesNothing() {
    Path path = Fixtures.path("models/qwen2_tied");
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      ModelConfig config = ModelConfig.fromHuggingFace(path);
      ModelWeights weights = new ModelWeights(config, checkpoint);
      List<CudaWeight> list = CudaWeight.all(config, FP16, CudaPrecision.FP16);
      assertThatThrownBy(
              () ->
                  CudaWeights.upload(
                      device,
                      list,
                      weights,
                      n -> {
                        throw new IllegalStateException("nobody listens");
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("nobody listens");
    }
    assertThat(device.allocations() + device.open()).isZero();
  }

  @Test
  void speedIsToldInNumbers() {
    assertThat(new LoadSpeed(3_550_000_000L, 3_550_000_000L, 0.5))
        .hasToString("3.55 GB of files became 3.55 GB on the GPU in 0.50 s, 7.10 GB/s");
  }
}
