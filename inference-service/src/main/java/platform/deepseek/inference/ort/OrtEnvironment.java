package platform.deepseek.inference.ort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The one environment of the process, made on first use.
 *
 * <p>It is made on a thread with a deep stack: ONNX Runtime matches the process's command line with
 * std::regex, which recurses for every character, and a class path of some thousand characters
 * overflows a usual stack.
 */
final class OrtEnvironment {

  private static final int LOG_WARNINGS = 2;
  private static final int DEVICE_ALLOCATOR = 0;
  private static final int MEMORY_DEFAULT = 0;

  private static final long DEEP_STACK_BYTES = 64L << 20;

  static final MemorySegment HANDLE = onDeepStack(new Creation());

  static final MemorySegment CPU_MEMORY =
      OrtStatus.create(
          Arena.global(),
          OrtApi.RELEASE_MEMORY_INFO,
          out ->
              (MemorySegment)
                  OrtApi.CREATE_CPU_MEMORY_INFO.invokeExact(DEVICE_ALLOCATOR, MEMORY_DEFAULT, out));

  private OrtEnvironment() {}

  /** A class of its own: the other thread must not wait for this one's initializer to end. */
  private static final class Creation implements Callable<MemorySegment> {
    @Override
    public MemorySegment call() {
      return OrtStatus.create(
          Arena.global(),
          OrtApi.RELEASE_ENV,
          out ->
              (MemorySegment)
                  OrtApi.CREATE_ENV.invokeExact(LOG_WARNINGS, OrtApi.permanent("deepseek"), out));
    }
  }

  private static MemorySegment onDeepStack(Callable<MemorySegment> call) {
    FutureTask<MemorySegment> task = new FutureTask<>(call);
    Thread thread = new Thread(null, task, "onnxruntime-start", DEEP_STACK_BYTES);
    thread.start();
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof OrtException failure) {
        throw failure;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OrtException("interrupted while ONNX Runtime was being started", e);
    }
  }
}
