package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.runner.reference.ProductReference;

/** What each product is asked for reaches its kernel; the references say what it means. */
class SmallProductsTest {

  private static final int INPUTS = 64;
  private static final int OUTPUTS = 16;
  private static final int ROWS = 2;
  private static final double EPSILON = 1e-6;
  private static final Offset<Float> CLOSE = within(1e-4f);

  private final Random random = new Random(7);
  private final HostDevice device = ProductReference.on(new HostDevice());
  private final DeviceArrays arrays = new DeviceArrays(device);
  private final SmallProducts products =
      new SmallProducts(device, CudaPrecision.FP32, WeightFormat.PUBLISHED);

  private final float[] weights = random(OUTPUTS * INPUTS);
  private final float[] x = random(ROWS * INPUTS);

  @AfterEach
  void everythingIsGivenBack() {
    products.close();
    arrays.close();
    assertThat(device.open()).isZero();
    assertThat(device.allocations()).isZero();
  }

  @Test
  void aProductAddsItsBias() {
    float[] bias = random(OUTPUTS);
    long out = arrays.reals(ROWS * OUTPUTS);

    products.product(out, arrays.of(x), matrix(), arrays.of(bias), ROWS);

    float[] expected = times(weights, x);
    for (int i = 0; i < expected.length; i++) {
      expected[i] += bias[i % OUTPUTS];
    }
    assertThat(arrays.reals(out, ROWS * OUTPUTS)).containsExactly(expected, CLOSE);
  }

  @Test
  void rowsAreNormedBeforeTheirProduct() {
    float[] gamma = random(INPUTS);
    long out = arrays.reals(ROWS * OUTPUTS);

    products.normProduct(out, arrays.of(x), arrays.of(gamma), EPSILON, matrix(), 0, ROWS);

    assertThat(arrays.reals(out, ROWS * OUTPUTS))
        .containsExactly(times(weights, normed(x, gamma)), CLOSE);
  }

  @Test
  void theUpperHalfOfTheMatrixIsTheGate() {
    float[] gamma = random(INPUTS);
    long out = arrays.reals(ROWS * OUTPUTS / 2);

    products.normSwigluProduct(out, arrays.of(x), arrays.of(gamma), EPSILON, matrix(), ROWS);

    float[] both = times(weights, normed(x, gamma));
    float[] expected = new float[ROWS * OUTPUTS / 2];
    for (int i = 0; i < expected.length; i++) {
      int row = i / (OUTPUTS / 2);
      int gate = row * OUTPUTS + i % (OUTPUTS / 2);
      expected[i] = both[gate + OUTPUTS / 2] * both[gate] / (1 + (float) Math.exp(-both[gate]));
    }
    assertThat(arrays.reals(out, expected.length)).containsExactly(expected, CLOSE);
  }

  @Test
  void aResidualIsAddedInPlace() {
    float[] before = random(ROWS * OUTPUTS);
    long residual = arrays.of(before);

    products.residualProduct(residual, residual, arrays.of(x), matrix(), ROWS);

    assertThat(arrays.reals(residual, ROWS * OUTPUTS))
        .containsExactly(sum(before, times(weights, x)), CLOSE);
  }

  @Test
  void longRowsAreReadForSixteenOutputsAtATime() {
    List<String> launched = new ArrayList<>();
    for (String kernel : List.of("few_rows_residual_product", "few_rows_residual_product_wide")) {
      device.with(kernel, (grid, arguments) -> launched.add(kernel));
    }
    try (var fresh = new SmallProducts(device, CudaPrecision.FP32, WeightFormat.PUBLISHED)) {
      fresh.residualProduct(0, 0, 0, published(1536, 1536), 1);
      fresh.residualProduct(0, 0, 0, published(1536, 8960), 1);
    }
    assertThat(launched)
        .containsExactly("few_rows_residual_product", "few_rows_residual_product_wide");
  }

  @Test
  void bytesAreScaledByTheirBlocks() {
    byte[] bytes = new byte[OUTPUTS * INPUTS];
    random.nextBytes(bytes);
    float[] scales = scales(bytes.length / 32);
    float[] values = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] * scales[i / 32];
    }
    var matrix =
        new DeviceMatrix(
            WeightFormat.INT8, arrays.of(bytes), arrays.halves(scales), 0, OUTPUTS, INPUTS);

    assertQuantizedProducts(matrix, values);
  }

  @Test
  void nibblesAreScaledAndShiftedByTheirBlocks() {
    byte[] pairs = new byte[OUTPUTS * INPUTS / 2];
    random.nextBytes(pairs);
    float[] scales = scales(OUTPUTS * INPUTS / 32);
    float[] minimums = scales(scales.length);
    float[] values = new float[OUTPUTS * INPUTS];
    for (int i = 0; i < values.length; i++) {
      int pair = Byte.toUnsignedInt(pairs[i / 32 * 16 + i % 16]);
      int nibble = i % 32 < 16 ? pair % 16 : pair / 16;
      values[i] = nibble * scales[i / 32] + minimums[i / 32];
    }
    var matrix =
        new DeviceMatrix(
            WeightFormat.INT4,
            arrays.of(pairs),
            arrays.halves(scales),
            arrays.halves(minimums),
            OUTPUTS,
            INPUTS);

    assertQuantizedProducts(matrix, values);
  }

  private void assertQuantizedProducts(DeviceMatrix matrix, float[] values) {
    float[] gamma = random(INPUTS);
    float[] before = random(ROWS * OUTPUTS);
    long out = arrays.reals(values.length);
    long normed = arrays.reals(ROWS * OUTPUTS);
    long sum = arrays.reals(ROWS * OUTPUTS);
    try (var quantized = new SmallProducts(device, CudaPrecision.FP32, matrix.format())) {
      quantized.dequantize(out, matrix);
      quantized.normProduct(normed, arrays.of(x), arrays.of(gamma), EPSILON, matrix, 0, ROWS);
      quantized.residualProduct(sum, arrays.of(before), arrays.of(x), matrix, ROWS);
    }
    assertThat(arrays.reals(out, values.length)).containsExactly(values, CLOSE);
    assertThat(arrays.reals(normed, ROWS * OUTPUTS))
        .containsExactly(times(values, normed(x, gamma)), within(1e-3f));
    assertThat(arrays.reals(sum, ROWS * OUTPUTS))
        .containsExactly(sum(before, times(values, x)), within(1e-3f));
  }

  @Test
  void rowsThatDoNotFitTogetherAreTakenInTurns() {
    int inputs = 17_920;
    List<Long> residuals = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    device.with(
        "int4_few_rows_residual_product",
        (grid, arguments) -> {
          residuals.add(arguments[0]);
          counts.add(arguments[8]);
        });
    var matrix = new DeviceMatrix(WeightFormat.INT4, 1, 2, 3, OUTPUTS, inputs);
    try (var quantized = new SmallProducts(device, CudaPrecision.FP32, WeightFormat.INT4)) {
      assertThat(quantized.takesForResidual(matrix, 8)).isTrue();
      quantized.residualProduct(0, 0, 0, matrix, 8);
    }
    assertThat(counts.stream().mapToLong(Long::longValue).sum()).isEqualTo(8);
    assertThat(counts).hasSizeGreaterThan(1);
    assertThat(residuals.get(1)).isEqualTo(counts.get(0) * OUTPUTS * Float.BYTES);
  }

  @Test
  void whatTheKernelsCannotMultiplyIsLeftToTheLibrary() {
    assertThat(products.takes(published(2048, 1536), 8)).isTrue();
    assertThat(products.takes(published(2048, 1536), 9)).isFalse();
    assertThat(products.takes(published(2048, 1544), 1)).isFalse();
    assertThat(products.takes(published(2056, 1536), 1)).isFalse();
    assertThat(products.takes(published(57_344, 8192), 1)).isTrue();
    assertThat(products.takes(published(57_344, 12_288), 8)).isFalse();
    assertThat(products.takesForResidual(published(8192, 28_672), 8)).isTrue();
    assertThat(products.takes(new DeviceMatrix(WeightFormat.INT8, 1, 2, 0, 64, 64), 1)).isFalse();
  }

  @Test
  void tilesAreSplitAsFarAsThatKeepsMoreWarpsBusy() {
    assertThat(ProductShape.staged(132, published(2048, 1536), 1, 1).split()).isEqualTo(8);
    assertThat(ProductShape.streamed(132, published(1536, 8960), 2).split()).isEqualTo(16);
    assertThat(ProductShape.streamed(132, published(1536, 1536), 1).split()).isEqualTo(8);
    assertThat(ProductShape.staged(132, published(17_920, 1536), 2, 1).split()).isEqualTo(8);
    assertThat(ProductShape.staged(132, published(151_936, 1536), 1, 1).split()).isEqualTo(1);
    assertThat(ProductShape.staged(132, published(16, 64), 1, 1).split()).isEqualTo(2);
  }

  private DeviceMatrix matrix() {
    return DeviceMatrix.published(arrays.of(weights), OUTPUTS, INPUTS);
  }

  private static DeviceMatrix published(int outputs, int inputs) {
    return DeviceMatrix.published(0, outputs, inputs);
  }

  private float[] random(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  /** Numbers that float16 has. */
  private float[] scales(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (1 + random.nextInt(32)) / 1024f;
    }
    return values;
  }

  private static float[] sum(float[] a, float[] b) {
    float[] sum = Arrays.copyOf(a, a.length);
    for (int i = 0; i < b.length; i++) {
      sum[i] += b[i];
    }
    return sum;
  }

  private static float[] normed(float[] x, float[] gamma) {
    float[] normed = new float[x.length];
    for (int row = 0; row < x.length / INPUTS; row++) {
      double squares = 0;
      for (int i = 0; i < INPUTS; i++) {
        squares += Math.pow(x[row * INPUTS + i], 2);
      }
      double scale = 1 / Math.sqrt(squares / INPUTS + EPSILON);
      for (int i = 0; i < INPUTS; i++) {
        normed[row * INPUTS + i] = (float) (x[row * INPUTS + i] * scale * gamma[i]);
      }
    }
    return normed;
  }

  private static float[] times(float[] weights, float[] x) {
    float[] y = new float[x.length / INPUTS * OUTPUTS];
    for (int i = 0; i < y.length; i++) {
      double sum = 0;
      for (int k = 0; k < INPUTS; k++) {
        sum += (double) weights[i % OUTPUTS * INPUTS + k] * x[i / OUTPUTS * INPUTS + k];
      }
      y[i] = (float) sum;
    }
    return y;
  }
}
