package platform.deepseek.inference.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/**
 * What a kernel sees of one run: its inputs' and outputs' memory, and ONNX Runtime's threads.
 * Addresses are plain numbers: they are valid until the kernel returns and are read millions of
 * times a second. One context per operator set; a session runs its nodes one after the other.
 */
public final class KernelContext {

  private static final int TYPE = 0;
  private static final int SHAPE = 8;
  private static final int RANK = 16;
  private static final int VALUE = 24;
  private static final int DATA = 32;
  private static final int DIMENSIONS = 64;

  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private final MemorySegment scratch;
  private final MemorySegment unitStub;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private MemorySegment handle = MemorySegment.NULL;
  private IntConsumer body;

  KernelContext(Arena arena) {
    scratch = arena.allocate(128, 64);
    unitStub = unitStub(arena);
  }

  void enter(MemorySegment context) {
    handle = context;
  }

  /** Address of an input's data. */
  public long input(int index) {
    try {
      OrtStatus.check(
          (MemorySegment)
              OrtApi.KERNEL_CONTEXT_GET_INPUT.invokeExact(
                  handle, (long) index, scratch.asSlice(VALUE, 8)));
      return dataOf(scratch.get(ADDRESS, VALUE));
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** An input's size in its first dimension: the rows of this step. */
  public int rows(int index) {
    try {
      OrtStatus.check(
          (MemorySegment)
              OrtApi.KERNEL_CONTEXT_GET_INPUT.invokeExact(
                  handle, (long) index, scratch.asSlice(VALUE, 8)));
      OrtStatus.check(
          (MemorySegment)
              OrtApi.GET_TYPE_AND_SHAPE_REFERENCE.invokeExact(
                  scratch.get(ADDRESS, VALUE),
                  scratch.asSlice(TYPE, 4),
                  scratch.asSlice(SHAPE, 8),
                  scratch.asSlice(RANK, 8)));
      return Math.toIntExact(ALL.get(JAVA_LONG, scratch.get(JAVA_LONG, SHAPE)));
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** Address of an output of the shape [rows, columns], allocated by ONNX Runtime. */
  public long output(int index, long rows, long columns) {
    scratch.set(JAVA_LONG, DIMENSIONS, rows);
    scratch.set(JAVA_LONG, DIMENSIONS + 8, columns);
    return output(index, 2);
  }

  /** Likewise of the shape [matrices, rows, columns]. */
  public long output(int index, long matrices, long rows, long columns) {
    scratch.set(JAVA_LONG, DIMENSIONS, matrices);
    scratch.set(JAVA_LONG, DIMENSIONS + 8, rows);
    scratch.set(JAVA_LONG, DIMENSIONS + 16, columns);
    return output(index, 3);
  }

  /** Of the dimensions that lie in the scratch memory. */
  private long output(int index, int rank) {
    try {
      OrtStatus.check(
          (MemorySegment)
              OrtApi.KERNEL_CONTEXT_GET_OUTPUT.invokeExact(
                  handle,
                  (long) index,
                  scratch.asSlice(DIMENSIONS, 8L * rank),
                  (long) rank,
                  scratch.asSlice(VALUE, 8)));
      return dataOf(scratch.get(ADDRESS, VALUE));
    } catch (Throwable t) {
      throw rethrown(t);
    }
  }

  /** Runs the body for 0 to units - 1 on ONNX Runtime's threads and waits for all. */
  public void parallel(int units, IntConsumer body) {
    if (units == 1) {
      body.accept(0);
      return;
    }
    this.body = body;
    try {
      OrtStatus.check(
          (MemorySegment)
              OrtApi.KERNEL_CONTEXT_PARALLEL_FOR.invokeExact(
                  handle, unitStub, (long) units, 0L, MemorySegment.NULL));
    } catch (Throwable t) {
      throw rethrown(t);
    }
    Throwable failed = failure.getAndSet(null);
    if (failed != null) {
      throw rethrown(failed);
    }
  }

  // Called by ONNX Runtime, found by name.
  @SuppressWarnings({"UnusedMethod", "UnusedVariable"})
  private void unit(MemorySegment ignoredUserData, long index) {
    try {
      body.accept((int) index);
    } catch (Throwable t) {
      failure.compareAndSet(null, t);
    }
  }

  private long dataOf(MemorySegment value) throws Throwable {
    OrtStatus.check(
        (MemorySegment)
            OrtApi.GET_TENSOR_MUTABLE_DATA.invokeExact(value, scratch.asSlice(DATA, 8)));
    return scratch.get(JAVA_LONG, DATA);
  }

  private MemorySegment unitStub(Arena arena) {
    try {
      MethodHandle unit =
          MethodHandles.lookup()
              .bind(
                  this, "unit", MethodType.methodType(void.class, MemorySegment.class, long.class));
      return Linker.nativeLinker()
          .upcallStub(unit, FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG), arena);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static RuntimeException rethrown(Throwable t) {
    if (t instanceof RuntimeException e) {
      return e;
    }
    if (t instanceof Error e) {
      throw e;
    }
    throw new AssertionError(t);
  }
}
