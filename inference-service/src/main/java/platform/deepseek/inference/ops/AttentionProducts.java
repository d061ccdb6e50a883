package platform.deepseek.inference.ops;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The products of attention in two forms that agree bit for bit: {@link AttentionKernel}'s machine
 * code, and plain Java, the oracle in tests and the form for other processors. All arguments are
 * addresses; layouts are those of {@link AttentionKernel}.
 */
sealed interface AttentionProducts extends AutoCloseable {

  void scores(int queries, long query, long keys, long scores, int blocks);

  void weigh(int queries, long weights, long values, long output, int positions);

  @Override
  void close();

  /** Values lie one behind the other. */
  static AttentionProducts best(int headSize, int scoreStride) {
    return best(headSize, scoreStride, headSize * Float.BYTES);
  }

  static AttentionProducts best(int headSize, int scoreStride, int valueStride) {
    return Processor.AVX2
        ? new Assembled(headSize, scoreStride, valueStride)
        : new Portable(headSize, scoreStride, valueStride);
  }

  /** One piece of machine code for each number of queries. */
  final class Assembled implements AttentionProducts {

    private static final FunctionDescriptor SIGNATURE =
        FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private final MethodHandle[] scores = new MethodHandle[AttentionKernel.QUERIES + 1];
    private final MethodHandle[] weigh = new MethodHandle[AttentionKernel.QUERIES + 1];
    private final MemorySegment[] code = new MemorySegment[2 * (AttentionKernel.QUERIES + 1)];

    Assembled(int headSize, int scoreStride, int valueStride) {
      AttentionKernel kernel = new AttentionKernel(headSize, scoreStride, valueStride);
      for (int queries = 1; queries <= AttentionKernel.QUERIES; queries++) {
        code[2 * queries] = NativeMemory.executable(kernel.scores(queries));
        code[2 * queries + 1] = NativeMemory.executable(kernel.weigh(queries));
        scores[queries] = Linker.nativeLinker().downcallHandle(code[2 * queries], SIGNATURE);
        weigh[queries] = Linker.nativeLinker().downcallHandle(code[2 * queries + 1], SIGNATURE);
      }
    }

    @Override
    public void scores(int queries, long query, long keys, long scores, int blocks) {
      try {
        this.scores[queries].invokeExact(query, keys, scores, (long) blocks);
      } catch (Throwable t) {
        throw new AssertionError("a kernel of machine code cannot throw", t);
      }
    }

    @Override
    public void weigh(int queries, long weights, long values, long output, int positions) {
      try {
        this.weigh[queries].invokeExact(weights, values, output, (long) positions);
      } catch (Throwable t) {
        throw new AssertionError("a kernel of machine code cannot throw", t);
      }
    }

    @Override
    public void close() {
      for (MemorySegment segment : code) {
        if (segment != null) {
          NativeMemory.free(segment);
        }
      }
    }
  }

  /** The same arithmetic, operation by operation. */
  final class Portable implements AttentionProducts {

    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final int headSize;
    private final int scoreStride;
    private final int valueStride;

    Portable(int headSize, int scoreStride, int valueStride) {
      this.headSize = headSize;
      this.scoreStride = scoreStride;
      this.valueStride = valueStride;
    }

    @Override
    public void scores(int queries, long query, long keys, long scores, int blocks) {
      float[] sums = new float[AttentionKernel.BLOCK];
      for (int q = 0; q < queries; q++) {
        for (int block = 0; block < blocks; block++) {
          java.util.Arrays.fill(sums, 0);
          long key = keys + (long) block * AttentionKernel.BLOCK * headSize * Float.BYTES;
          for (int d = 0; d < headSize; d++) {
            float factor = get(query + 4L * (q * headSize + d));
            for (int k = 0; k < sums.length; k++) {
              sums[k] = Math.fma(factor, get(key + 4L * (d * AttentionKernel.BLOCK + k)), sums[k]);
            }
          }
          long target = scores + (long) q * scoreStride + 4L * block * AttentionKernel.BLOCK;
          for (int k = 0; k < sums.length; k++) {
            MEMORY.set(JAVA_FLOAT, target + 4L * k, sums[k]);
          }
        }
      }
    }

    @Override
    public void weigh(int queries, long weights, long values, long output, int positions) {
      float[] sums = new float[headSize];
      for (int q = 0; q < queries; q++) {
        for (int d = 0; d < headSize; d++) {
          sums[d] = get(output + 4L * (q * headSize + d));
        }
        for (int position = 0; position < positions; position++) {
          float weight = get(weights + (long) q * scoreStride + 4L * position);
          for (int d = 0; d < headSize; d++) {
            long value = values + (long) position * valueStride + 4L * d;
            sums[d] = Math.fma(weight, get(value), sums[d]);
          }
        }
        for (int d = 0; d < headSize; d++) {
          MEMORY.set(JAVA_FLOAT, output + 4L * (q * headSize + d), sums[d]);
        }
      }
    }

    @Override
    public void close() {
      // Holds nothing.
    }

    private static float get(long address) {
      return MEMORY.get(JAVA_FLOAT, address);
    }
  }
}
