package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.model.ModelConfig;
import platform.deepseek.inference.runner.reference.ReferenceDevice;

class CudaFootprintTest {

  private static final Path MODELS = Path.of("src/test/resources/fixtures/models");

  @ParameterizedTest
  @CsvSource({
    "qwen2_tied, 64, 4, 8, 4",
    "qwen2_tied, 512, 8, 512, 4",
    "qwen2_tied, 1024, 64, 32, 32",
    "qwen3_moe, 512, 8, 512, 4",
    "deepseek_v2, 256, 64, 32, 32",
    "deepseek_v3, 256, 8, 512, 4"
  })
  void whatARunnerHoldsIsWhatWasPlanned(
      String name, int context, int slots, int maxRows, int maxBatch) {
    Path model = MODELS.resolve(name);
    var limits = new CudaModelRunner.Limits(context, slots, maxBatch, maxRows, 1 << 24);
    ModelConfig config = ModelConfig.fromHuggingFace(model);
    HostDevice device = ReferenceDevice.create();
    try (CudaDecoder decoder =
        CudaDecoder.open(model, CudaPrecision.FP32, limits, device.accelerator())) {
      assertThat(decoder.runner().contextLength()).isEqualTo(context);
      CudaFootprint footprint =
          CudaFootprint.of(
              config, CudaPrecision.FP32, limits, device.multiprocessors(), device.pageBytes());
      long weights = CudaModelRunner.weightBytes(config, CudaNumbers.published(CudaPrecision.FP32));
      long held = device.allocatedBytes() + device.mappedBytes() - weights;
      assertThat(held).isBetween(footprint.held() * 9 / 10, footprint.held());
      assertThat(footprint.total()).isGreaterThan(footprint.held() + (1 << 30));
    }
  }

  /** Beside its weights a mixture whose experts are quantised takes what another one takes. */
  @Test
  void quantisedExpertsNeedNoRoomToBecomeElements(@TempDir Path model) throws IOException {
    RandomMixture.writeDeepseek(model, RandomMixture.Shape.TINY);
    CudaNumbers numbers = new CudaNumbers(CudaPrecision.FP32, WeightFormat.INT4);
    var limits = new CudaModelRunner.Limits(256, 8, 4, 128, 1 << 24);
    ModelConfig config = ModelConfig.fromHuggingFace(model);
    HostDevice device = ReferenceDevice.create();
    try (CudaDecoder decoder = CudaDecoder.open(model, numbers, limits, device.accelerator())) {
      assertThat(decoder.runner().contextLength()).isEqualTo(256);
      CudaFootprint footprint =
          CudaFootprint.of(
              config, CudaPrecision.FP32, limits, device.multiprocessors(), device.pageBytes());
      long held =
          device.allocatedBytes()
              + device.mappedBytes()
              - CudaModelRunner.weightBytes(config, numbers);
      assertThat(held).isBetween(footprint.held() * 9 / 10, footprint.held());
      assertThat(CudaModelRunner.matrixBytes(config, numbers)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 8, 9, 31, 64, 200, 256, 1024})
  void thereAreNotMoreRecordingsThanCounted(int maxBatch) {
    DecodeGraphs graphs = new DecodeGraphs(new HostDevice(), maxBatch);
    long sizes = IntStream.rangeClosed(1, maxBatch).map(graphs::rows).distinct().count();
    assertThat(sizes).isLessThanOrEqualTo(CudaFootprint.recordings(maxBatch));
  }
}
