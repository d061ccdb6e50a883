package platform.deepseek.inference.runner.reference;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import platform.deepseek.inference.runner.HostDevice;

/**
 * The kernels of products.cu and quantized_products.cu in plain Java; the element type is float32,
 * quantised weights lie as on a GPU.
 */
public final class ProductReference {

  /** Reads weight `index` of a matrix whose addresses begin at an argument. */
  interface Weights {
    float at(long index);

    /** Reads as many as there is room for: a row that many others are multiplied with. */
    default void read(long from, float[] row) {
      for (int i = 0; i < row.length; i++) {
        row[i] = at(from + i);
      }
    }
  }

  /** How the arguments of a format's kernels begin to describe a matrix. */
  interface Format {
    Weights of(long[] arguments, int first);
  }

  private static final int BLOCK = 32;
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private ProductReference() {}

  /** Gives a device these kernels. */
  public static HostDevice on(HostDevice device) {
    with(device, "", 1, ProductReference::published);
    device.with(
        "few_rows_residual_product_wide",
        (grid, arguments) -> residualProduct(arguments, 1, ProductReference::published));
    with(device, "int8_", 3, ProductReference::eightBits);
    with(device, "int4_", 3, ProductReference::fourBits);
    return device
        .with("int8_dequantize", (grid, a) -> dequantize(a, ProductReference::eightBits))
        .with("int4_dequantize", (grid, a) -> dequantize(a, ProductReference::fourBits));
  }

  private static void with(HostDevice device, String prefix, int addresses, Format format) {
    device
        .with(prefix + "few_rows_product", (grid, a) -> product(a, addresses, format))
        .with(prefix + "few_rows_norm_product", (grid, a) -> normProduct(a, addresses, format))
        .with(prefix + "few_rows_norm_swiglu_product", (grid, a) -> swiglu(a, addresses, format))
        .with(
            prefix + "few_rows_residual_product",
            (grid, a) -> residualProduct(a, addresses, format));
  }

  private static void product(long[] a, int addresses, Format format) {
    int rest = 2 + addresses;
    int inputs = (int) a[rest + 1];
    int outputs = (int) a[rest + 2];
    for (int row = 0; row < a[rest + 3]; row++) {
      float[] y = times(format.of(a, 2), row(a[1], row, inputs), outputs);
      store(a[0], row, y, a[rest]);
    }
  }

  private static void normProduct(long[] a, int addresses, Format format) {
    int rest = 4 + addresses;
    int inputs = (int) a[rest + 1];
    int outputs = (int) a[rest + 2];
    for (int row = 0; row < a[rest + 3]; row++) {
      float[] y = times(format.of(a, 4), normed(a, row, inputs), outputs);
      store(a[0], row, y, a[rest]);
    }
  }

  private static void swiglu(long[] a, int addresses, Format format) {
    int rest = 4 + addresses;
    int inputs = (int) a[rest];
    int intermediate = (int) a[rest + 1];
    for (int row = 0; row < a[rest + 2]; row++) {
      float[] y = times(format.of(a, 4), normed(a, row, inputs), 2 * intermediate);
      float[] gated = new float[intermediate];
      for (int i = 0; i < intermediate; i++) {
        gated[i] = ElementwiseReference.gated(y[i], y[intermediate + i]);
      }
      store(a[0], row, gated, 0);
    }
  }

  private static void residualProduct(long[] a, int addresses, Format format) {
    int rest = 3 + addresses;
    int inputs = (int) a[rest];
    int outputs = (int) a[rest + 1];
    for (int row = 0; row < a[rest + 2]; row++) {
      float[] y = times(format.of(a, 3), row(a[2], row, inputs), outputs);
      for (int i = 0; i < outputs; i++) {
        y[i] += Memory.real(a[1], (long) row * outputs + i);
      }
      store(a[0], row, y, 0);
    }
  }

  private static void dequantize(long[] a, Format format) {
    Weights weights = format.of(a, 1);
    for (long i = 0; i < a[4]; i++) {
      Memory.real(a[0], i, weights.at(i));
    }
  }

  static Weights published(long[] a, int first) {
    return index -> Memory.real(a[first], index);
  }

  static Weights eightBits(long[] a, int first) {
    return index ->
        half(a[first + 1], index / BLOCK) * ALL.get(ValueLayout.JAVA_BYTE, a[first] + index);
  }

  static Weights fourBits(long[] a, int first) {
    return index -> {
      long block = index / BLOCK;
      int at = (int) (index % BLOCK);
      int pair = ALL.get(ValueLayout.JAVA_BYTE, a[first] + block * BLOCK / 2 + at % (BLOCK / 2));
      int q = (at < BLOCK / 2 ? pair : pair >> 4) & 0xF;
      return half(a[first + 1], block) * q + half(a[first + 2], block);
    };
  }

  private static float half(long array, long index) {
    return Float.float16ToFloat(ALL.get(ValueLayout.JAVA_SHORT, array + index * Short.BYTES));
  }

  private static float[] times(Weights weights, float[] x, int outputs) {
    float[] y = new float[outputs];
    for (int output = 0; output < outputs; output++) {
      double sum = 0;
      for (int k = 0; k < x.length; k++) {
        sum += (double) weights.at((long) output * x.length + k) * x[k];
      }
      y[output] = (float) sum;
    }
    return y;
  }

  /** A row of a norm kernel's residual, which is argument 1, with its gamma and epsilon. */
  private static float[] normed(long[] a, int row, int inputs) {
    float[] x = row(a[1], row, inputs);
    return ElementwiseReference.normed(x, a[2], Double.longBitsToDouble(a[3]));
  }

  private static float[] row(long array, int row, int width) {
    float[] values = new float[width];
    for (int i = 0; i < width; i++) {
      values[i] = Memory.real(array, (long) row * width + i);
    }
    return values;
  }

  private static void store(long out, int row, float[] y, long bias) {
    for (int i = 0; i < y.length; i++) {
      float addend = bias == 0 ? 0 : Memory.real(bias, i);
      Memory.real(out, (long) row * y.length + i, y[i] + addend);
    }
  }
}
