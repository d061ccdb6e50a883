package platform.deepseek.inference.ops;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import platform.deepseek.inference.ops.BlockKernel.Arguments;

/**
 * output = addend + activations x weights, for a range of panels and rows. Two forms that agree bit
 * for bit: assembled AVX2 code, and plain Java, which is the oracle in tests and what runs on other
 * processors.
 */
sealed interface BlockProduct {

  /**
   * @param activations address of the first row, quantised by {@link RowQuantizer}
   * @param rows at least 1
   * @param output address of the first row's first column (of the whole matrix), float32
   * @param outputStride bytes from row to row
   * @param addend address of what is added, laid out like the output; 0 adds nothing
   * @param addendStride bytes from row to row; 0 adds the same row (a bias) to all
   */
  void multiply(
      BlockMatrix matrix,
      int firstPanel,
      int panels,
      long activations,
      int rows,
      long output,
      long outputStride,
      long addend,
      long addendStride);

  /** The fastest form this processor can run. */
  static BlockProduct best() {
    return Processor.AVX2 ? Assembled.INSTANCE : Portable.INSTANCE;
  }

  /** Machine code made by {@link BlockKernel}. */
  final class Assembled implements BlockProduct {
    static final Assembled INSTANCE = new Assembled();

    private static final MethodHandle INT4 = kernel(BlockFormat.INT4);
    private static final MethodHandle INT8 = kernel(BlockFormat.INT8);

    /** Threads of ORT's pool live as long as the process, so their arguments may too. */
    private static final ThreadLocal<MemorySegment> ARGUMENTS =
        ThreadLocal.withInitial(Assembled::arguments);

    private Assembled() {}

    @Override
    public void multiply(
        BlockMatrix matrix,
        int firstPanel,
        int panels,
        long activations,
        int rows,
        long output,
        long outputStride,
        long addend,
        long addendStride) {
      MemorySegment a = ARGUMENTS.get();
      long column = (long) firstPanel * BlockFormat.PANEL * Float.BYTES;
      put(a, Arguments.WEIGHTS, matrix.weights().address() + firstPanel * matrix.panelBytes());
      put(a, Arguments.ACTIVATIONS, activations);
      put(a, Arguments.ACTIVATION_STRIDE, matrix.format().rowBytes(matrix.inputs()));
      put(a, Arguments.OUTPUT, output + column);
      put(a, Arguments.OUTPUT_STRIDE, outputStride);
      boolean adds = addend != 0;
      put(a, Arguments.ADDEND, adds ? addend + column : a.address() + Arguments.ZEROS);
      put(a, Arguments.ADDEND_STRIDE, adds ? addendStride : 0);
      put(a, Arguments.ADDEND_PANEL_STEP, adds ? BlockFormat.PANEL * Float.BYTES : 0);
      put(a, Arguments.BLOCKS, matrix.blocks());
      put(a, Arguments.PANELS, panels);
      put(a, Arguments.ROWS, rows);
      try {
        switch (matrix.format()) {
          case INT4 -> INT4.invokeExact(a);
          case INT8 -> INT8.invokeExact(a);
        }
      } catch (Throwable t) {
        throw new AssertionError("a kernel of machine code cannot throw", t);
      }
    }

    private static void put(MemorySegment arguments, int offset, long value) {
      arguments.set(ValueLayout.JAVA_LONG, offset, value);
    }

    private static MemorySegment arguments() {
      MemorySegment a = java.lang.foreign.Arena.global().allocate(Arguments.BYTES, 64);
      for (int i = 0; i < 16; i++) {
        a.setAtIndex(ValueLayout.JAVA_SHORT, Arguments.ONES / 2 + i, (short) 1);
        a.setAtIndex(ValueLayout.JAVA_SHORT, Arguments.MASK / 2 + i, (short) 0x0F0F);
      }
      return a;
    }

    private static MethodHandle kernel(BlockFormat format) {
      return Linker.nativeLinker()
          .downcallHandle(
              NativeMemory.executable(BlockKernel.assemble(format)),
              FunctionDescriptor.ofVoid(ADDRESS));
    }
  }

  /** The same arithmetic, operation by operation, in plain Java. */
  final class Portable implements BlockProduct {
    static final Portable INSTANCE = new Portable();

    private Portable() {}

    @Override
    public void multiply(
        BlockMatrix matrix,
        int firstPanel,
        int panels,
        long activations,
        int rows,
        long output,
        long outputStride,
        long addend,
        long addendStride) {
      BlockFormat format = matrix.format();
      int rowBytes = format.rowBytes(matrix.inputs());
      MemorySegment memory = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
      float[] sums = new float[BlockFormat.PANEL];
      for (int panel = firstPanel; panel < firstPanel + panels; panel++) {
        long column = (long) panel * BlockFormat.PANEL * Float.BYTES;
        for (int row = 0; row < rows; row++) {
          java.util.Arrays.fill(sums, 0);
          for (int block = 0; block < matrix.blocks(); block++) {
            long weights = panel * matrix.panelBytes() + (long) block * format.weightBytes;
            long values =
                activations + (long) row * rowBytes + (long) block * format.activationBytes;
            addBlock(format, matrix.weights(), weights, memory, values, sums);
          }
          for (int c = 0; c < BlockFormat.PANEL; c++) {
            long at = column + 4L * c;
            float add =
                addend == 0
                    ? 0
                    : memory.get(ValueLayout.JAVA_FLOAT, addend + row * addendStride + at);
            memory.set(ValueLayout.JAVA_FLOAT, output + row * outputStride + at, sums[c] + add);
          }
        }
      }
    }

    private static void addBlock(
        BlockFormat format,
        MemorySegment weights,
        long w,
        MemorySegment memory,
        long a,
        float[] sums) {
      float scale = memory.get(ValueLayout.JAVA_FLOAT, a + format.scaleOffset());
      float sum = memory.get(ValueLayout.JAVA_FLOAT, a + format.scaleOffset() + 4);
      for (int c = 0; c < BlockFormat.PANEL; c++) {
        int dot = 0;
        for (int k = 0; k < BlockFormat.BLOCK; k++) {
          dot +=
              switch (format) {
                case INT4 -> int4(weights, w, c, k) * memory.get(ValueLayout.JAVA_BYTE, a + k);
                case INT8 ->
                    weights.get(ValueLayout.JAVA_BYTE, w + 16 * (k / 2) + 2 * c + k % 2)
                        * memory.get(ValueLayout.JAVA_SHORT, a + 2 * k);
              };
        }
        long scales = w + (format == BlockFormat.INT4 ? 128 : 256) + 4 * c;
        float factor = scale * weights.get(ValueLayout.JAVA_FLOAT, scales);
        sums[c] = Math.fma((float) dot, factor, sums[c]);
        if (format == BlockFormat.INT4) {
          sums[c] = Math.fma(weights.get(ValueLayout.JAVA_FLOAT, scales + 32), sum, sums[c]);
        }
      }
    }

    private static int int4(MemorySegment weights, long w, int c, int k) {
      int half = k & 15;
      int octet = weights.get(ValueLayout.JAVA_BYTE, w + 32 * (half / 4) + 4 * c + half % 4);
      return k < 16 ? octet & 15 : (octet >> 4) & 15;
    }
  }
}
