package platform.deepseek.inference.runner;

import java.util.function.Supplier;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.engine.DeviceLostException;
import platform.deepseek.inference.engine.DeviceMemoryException;
import platform.deepseek.inference.ort.OrtException;

/**
 * Says a device's failures in the engine's words: memory that ran out, or a device that is lost.
 */
final class DeviceFailures {

  /** How ONNX Runtime's arena says that the device gave it no memory. */
  private static final String ARENA_IS_OUT_OF_MEMORY = "Failed to allocate memory";

  /** How ONNX Runtime begins what CUDA or cuBLAS told it. */
  private static final String CUDA_FAILURE = "CUDA failure";

  private static final String CUBLAS_FAILURE = "CUBLAS failure";
  private static final String OUT_OF_MEMORY = "out of memory";

  private DeviceFailures() {}

  static <T> T translated(Supplier<T> work) {
    try {
      return work.get();
    } catch (CudaException e) {
      throw e.outOfMemory()
          ? new DeviceMemoryException(e.getMessage(), e)
          : new DeviceLostException(e.getMessage(), e);
    } catch (OrtException e) {
      throw translation(e);
    }
  }

  private static RuntimeException translation(OrtException e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains(ARENA_IS_OUT_OF_MEMORY) || message.contains(OUT_OF_MEMORY)) {
      return new DeviceMemoryException(message, e);
    }
    if (message.contains(CUDA_FAILURE) || message.contains(CUBLAS_FAILURE)) {
      return new DeviceLostException(message, e);
    }
    return e;
  }
}
