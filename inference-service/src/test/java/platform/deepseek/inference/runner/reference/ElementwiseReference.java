package platform.deepseek.inference.runner.reference;

import platform.deepseek.inference.cuda.Grid;
import platform.deepseek.inference.runner.HostDevice;

/** The kernels of elementwise.cu in plain Java; every element type is float32. */
public final class ElementwiseReference {

  private ElementwiseReference() {}

  /** Gives a device these kernels. */
  public static HostDevice on(HostDevice device) {
    return device
        .with("embed", ElementwiseReference::embed)
        .with("add_norm", ElementwiseReference::addNorm)
        .with("select_norm", ElementwiseReference::selectNorm)
        .with("swiglu", ElementwiseReference::swiglu)
        .with("select_rows", ElementwiseReference::selectRows)
        .with("select_hidden", ElementwiseReference::selectRows);
  }

  private static void embed(Grid grid, long[] arguments) {
    long hidden = arguments[5];
    for (long row = 0; row < arguments[6]; row++) {
      long id = Memory.integer(arguments[2], row);
      if (id < 0) {
        id = Memory.integer(arguments[4], Memory.integer(arguments[3], row));
      }
      copyRow(arguments[0], row, arguments[1], id, hidden);
    }
  }

  private static void addNorm(Grid grid, long[] arguments) {
    long hidden = arguments[6];
    for (long row = 0; row < arguments[7]; row++) {
      float[] x = sum(arguments[2], arguments[3], row, hidden);
      if (arguments[1] != 0) {
        for (int i = 0; i < hidden; i++) {
          Memory.real(arguments[1], row * hidden + i, x[i]);
        }
      }
      norm(arguments[0], row, x, arguments[4], Double.longBitsToDouble(arguments[5]));
    }
  }

  private static void selectNorm(Grid grid, long[] arguments) {
    long hidden = arguments[6];
    for (long i = 0; i < arguments[7]; i++) {
      float[] x = sum(arguments[1], arguments[2], Memory.integer(arguments[5], i), hidden);
      norm(arguments[0], i, x, arguments[3], Double.longBitsToDouble(arguments[4]));
    }
  }

  private static void swiglu(Grid grid, long[] arguments) {
    long intermediate = arguments[2];
    for (long row = 0; row < arguments[3]; row++) {
      for (long i = 0; i < intermediate; i++) {
        float gate = Memory.real(arguments[1], row * 2 * intermediate + i);
        float up = Memory.real(arguments[1], (row * 2 + 1) * intermediate + i);
        Memory.real(arguments[0], row * intermediate + i, gated(gate, up));
      }
    }
  }

  private static void selectRows(Grid grid, long[] arguments) {
    for (long i = 0; i < arguments[4]; i++) {
      copyRow(arguments[0], i, arguments[1], Memory.integer(arguments[2], i), arguments[3]);
    }
  }

  static float gated(float gate, float up) {
    return (float) (gate / (1 + Math.exp(-gate)) * up);
  }

  /** The RMS norm of x times gamma. */
  static float[] normed(float[] x, long gamma, double epsilon) {
    double squares = 0;
    for (float value : x) {
      squares += (double) value * value;
    }
    double scale = 1 / Math.sqrt(squares / x.length + epsilon);
    float[] normed = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      normed[i] = (float) (x[i] * scale * Memory.real(gamma, i));
    }
    return normed;
  }

  private static void norm(long out, long row, float[] x, long gamma, double epsilon) {
    float[] normed = normed(x, gamma, epsilon);
    for (int i = 0; i < x.length; i++) {
      Memory.real(out, row * x.length + i, normed[i]);
    }
  }

  private static float[] sum(long residual, long branch, long row, long hidden) {
    float[] x = new float[(int) hidden];
    for (int i = 0; i < hidden; i++) {
      float addend = branch == 0 ? 0 : Memory.real(branch, row * hidden + i);
      x[i] = Memory.real(residual, row * hidden + i) + addend;
    }
    return x;
  }

  private static void copyRow(long to, long toRow, long from, long fromRow, long width) {
    for (long i = 0; i < width; i++) {
      Memory.real(to, toRow * width + i, Memory.real(from, fromRow * width + i));
    }
  }
}
