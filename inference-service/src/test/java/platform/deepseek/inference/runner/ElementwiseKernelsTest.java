package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.runner.reference.ElementwiseReference;

/** What each kernel is asked for reaches it in its order; the references say what it means. */
class ElementwiseKernelsTest {

  private static final int HIDDEN = 8;
  private static final Offset<Float> CLOSE = within(1e-5f);

  private final HostDevice device = ElementwiseReference.on(new HostDevice());
  private final DeviceArrays arrays = new DeviceArrays(device);
  private final ElementwiseKernels kernels = new ElementwiseKernels(device, CudaPrecision.FP32);

  @AfterEach
  void everythingIsGivenBack() {
    kernels.close();
    arrays.close();
    assertThat(device.open()).isZero();
    assertThat(device.allocations()).isZero();
  }

  @Test
  void aNegativeIdIsTheTokenThatItsSlotSampledLast() {
    long embedding = arrays.of(rows(0, 1, 2, 3));
    long out = arrays.reals(3 * HIDDEN);

    kernels.embed(
        out, embedding, arrays.of(2, -1, 0), arrays.of(0, 1, 2), arrays.of(9, 3, 9), HIDDEN, 3);

    assertThat(arrays.reals(out, 3 * HIDDEN)).containsExactly(rows(2, 3, 0));
  }

  @Test
  void theBranchIsAddedBeforeTheNorm() {
    long residual = arrays.of(rows(1, 2));
    long normed = arrays.reals(2 * HIDDEN);
    long gamma = arrays.of(rows(3));

    kernels.addNorm(normed, residual, residual, arrays.of(rows(2, -4)), gamma, 0.0, HIDDEN, 2);

    assertThat(arrays.reals(residual, 2 * HIDDEN)).containsExactly(rows(3, -2));
    assertThat(arrays.reals(normed, 2 * HIDDEN)).containsExactly(rows(3, -3), CLOSE);
  }

  @Test
  void withoutABranchAndATargetTheResidualStaysAsItIs() {
    long residual = arrays.of(rows(2));
    long normed = arrays.reals(HIDDEN);

    kernels.addNorm(normed, 0, residual, 0, arrays.of(rows(1)), 12.0, HIDDEN, 1);

    assertThat(arrays.reals(residual, HIDDEN)).containsExactly(rows(2));
    assertThat(arrays.reals(normed, HIDDEN)).containsExactly(rows(0.5f), CLOSE);
  }

  @Test
  void theHeadReadsTheNormOfChosenRows() {
    long residual = arrays.of(rows(1, 2, 3));
    long branch = arrays.of(rows(0, -5, 1));
    long out = arrays.reals(2 * HIDDEN);

    kernels.selectNorm(out, residual, branch, arrays.of(rows(7)), 0.0, arrays.of(2, 1), HIDDEN, 2);

    assertThat(arrays.reals(out, 2 * HIDDEN)).containsExactly(rows(7, -7), CLOSE);
  }

  @Test
  void theGateComesFirst() {
    float[] gateUp = new float[4 * HIDDEN];
    Arrays.fill(gateUp, 0, HIDDEN, 1);
    Arrays.fill(gateUp, HIDDEN, 2 * HIDDEN, 10);
    Arrays.fill(gateUp, 2 * HIDDEN, 3 * HIDDEN, -1);
    Arrays.fill(gateUp, 3 * HIDDEN, 4 * HIDDEN, 100);
    long out = arrays.reals(2 * HIDDEN);

    kernels.swiglu(out, arrays.of(gateUp), HIDDEN, 2);

    assertThat(arrays.reals(out, 2 * HIDDEN)).containsExactly(rows(7.3105857f, -26.894142f), CLOSE);
  }

  @Test
  void rowsAreSelectedInTheirOrder() {
    long source = arrays.of(rows(5, 6, 7));
    long rows = arrays.reals(2 * HIDDEN);
    long hidden = arrays.reals(2 * HIDDEN);

    kernels.selectRows(rows, source, arrays.of(2, 0), HIDDEN, 2);
    kernels.selectHidden(hidden, source, arrays.of(1, 1), HIDDEN, 2);

    assertThat(arrays.reals(rows, 2 * HIDDEN)).containsExactly(rows(7, 5));
    assertThat(arrays.reals(hidden, 2 * HIDDEN)).containsExactly(rows(6, 6));
  }

  @Test
  void aRowHasABlockAndEightElementsHaveAThread() {
    assertThat(gridOfNorm(576, 3)).isEqualTo(new Grid(3, 1, 1, 96, 0));
    assertThat(gridOfNorm(1536, 1)).isEqualTo(new Grid(1, 1, 1, 192, 0));
    assertThat(gridOfNorm(16_384, 1)).isEqualTo(new Grid(1, 1, 1, 1024, 0));
  }

  @Test
  void rowsThatAreNoMultipleOfEightAreRefused() {
    assertThatThrownBy(() -> kernels.selectHidden(0, 0, 0, 12, 1))
        .hasMessage(
            "rows of 12 elements; the GPU's kernels need a multiple of 8, so run this model with"
                + " DEVICE=cpu");
  }

  private static Grid gridOfNorm(int hidden, int rows) {
    HostDevice device = new HostDevice();
    Grid[] seen = new Grid[1];
    ElementwiseReference.on(device).with("select_hidden", (grid, arguments) -> seen[0] = grid);
    try (ElementwiseKernels kernels = new ElementwiseKernels(device, CudaPrecision.FP32)) {
      kernels.selectHidden(0, 0, 0, hidden, rows);
    }
    return seen[0];
  }

  /** Rows whose elements are all alike. */
  private static float[] rows(float... values) {
    float[] rows = new float[values.length * HIDDEN];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = values[i / HIDDEN];
    }
    return rows;
  }
}
