package platform.deepseek.inference.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.inference.bench.CudaSpeed.Plan;
import platform.deepseek.inference.bench.CudaSpeed.Prefill;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.runner.CudaNumbers;
import platform.deepseek.inference.runner.CudaPrecision;
import platform.deepseek.inference.text.HuggingFaceTokenizer;

/** The report's own parts, in float32 on the processor: the GPU's time is not for trying them. */
class GpuReportTest {

  private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
  private static final RandomModel.Shape TINY = RandomModel.Shape.TINY;

  @TempDir Path folder;

  private CudaEngine open(int batch) throws IOException {
    RandomModel.write(folder, TINY);
    return CudaEngine.open(
        folder,
        CudaNumbers.published(CudaPrecision.FP32),
        CudaCheck::processor,
        new CudaEngine.Size(96, batch, 64),
        true);
  }

  @Test
  void everyIdOfTheRandomModelDecodesAndBytesComeBack() throws IOException {
    RandomModel.write(folder, TINY);
    HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.load(folder);
    for (int id = 0; id < TINY.vocabulary(); id++) {
      assertThat(tokenizer.bytes(id)).as("id %d", id).isNotEmpty();
    }
    String text = "Grüße, \"quoted\" and \\ \u0000\u007f\u00ad end";
    int[] ids = tokenizer.encode(text, false, false);
    assertThat(ids).hasSize(text.getBytes(StandardCharsets.UTF_8).length);
    assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
    assertThat(tokenizer.endOfSequence()).hasValue(RandomTokenizer.end(TINY.vocabulary()));
  }

  @Test
  void speedIsMeasuredThroughTheWholeEngine() throws Exception {
    try (CudaEngine model = open(4)) {
      CudaSpeed.measure(
          model, new Plan(16, 12, List.of(1, 4), List.of(new Prefill(3, 16)), 2), 1e12);
      assertThat(model.steps().count()).isPositive();
      assertThat(model.bytesPerToken())
          .isEqualTo(2L * TINY.layers() * TINY.keys() * CudaPrecision.FP32.bytes());
      assertThat(model.weightBytes() - model.weightBytesRead(1))
          .isEqualTo((long) TINY.vocabulary() * TINY.hidden() * CudaPrecision.FP32.bytes());
    }
  }

  @Test
  void mixedSequencesAreCancelledTogether() throws Exception {
    try (CudaEngine model = open(8)) {
      CudaMemory.measure(model, 8, 96, 60); // on a processor that others have too
      assertThat(model.engine().stats().running()).isZero();
    }
  }

  @Test
  void aMixedLoadEndsAndIsCheckedAgainstSoloRuns() throws Exception {
    List<int[]> texts = List.of(IntStream.range(1, 400).toArray());
    try (CudaEngine model = open(4)) {
      new CudaSoak(model, texts, 6, 64, 0).run(0.5);
      assertThat(model.engine().stats().running()).isZero();
      assertThat(model.engine().stats().waiting()).isZero();
    }
  }

  @Test
  void enginesWithLittleMemoryAnswerAsOneWithRoom() throws Exception {
    RandomModel.write(folder, TINY);
    CudaNumbers numbers = CudaNumbers.published(CudaPrecision.FP32);
    List<int[]> prompts = CudaPreemption.prompts(Load.randomTexts(TINY.vocabulary()), 5, 48);
    long pageBytes;
    try (Device device = CudaCheck.processor().device()) {
      pageBytes = device.pageBytes();
    }
    new CudaPreemption(
            (size, prefixReuse) ->
                CudaEngine.open(folder, numbers, CudaCheck::processor, size, prefixReuse),
            prompts,
            24,
            32,
            pageBytes,
            0)
        .run();
  }

  @Test
  void blocksOfAMixturesFileAreThoseOfTheDevice() throws Exception {
    CudaFiles files =
        new CudaFiles(
            new CudaNumerics(FIXTURES, CudaCheck::processor, true),
            FIXTURES,
            folder,
            CudaCheck::processor,
            CudaPrecision.FP32);
    files.golden(CudaFiles.Golden.V2);
    files.golden("tiny_qwen3moe");
    files.blocks(CudaFiles.Kind.V2, CudaFiles.Stored.Q8_0);
  }

  @Test
  void aSlopeIsThatOfTheLine() {
    List<double[]> points = List.of(new double[] {0, 5}, new double[] {1, 3}, new double[] {3, -1});
    assertThat(CudaSoak.slope(points)).isEqualTo(-2);
    assertThat(CudaSoak.slope(points.subList(0, 1))).isZero();
  }

  @Test
  void optionsChooseParts() {
    Options all = Options.parse(new String[] {"f", "m", "s"});
    assertThat(all.parts()).isEqualTo(EnumSet.allOf(Options.Part.class));
    assertThat(all.processor()).isFalse();
    Options some =
        Options.parse(
            new String[] {"f", "m", "s", "parts=soak,speed", "processor", "seconds=9", "soak=4"});
    assertThat(some.parts()).containsExactly(Options.Part.SPEED, Options.Part.SOAK);
    assertThat(some.processor()).isTrue();
    assertThat(some.seconds()).isEqualTo(9);
    assertThat(some.soakSeconds()).isEqualTo(4);
    assertThatThrownBy(() -> Options.parse(new String[] {"f", "m", "s", "pars=soak"}))
        .hasMessage("pars=soak is none of parts=, seconds=, soak=, processor");
  }
}
