package platform.deepseek.inference.cuda;

/** The driver refused a call, or cannot be used; the message says what to do. */
public final class CudaException extends RuntimeException {

  static final int OUT_OF_MEMORY = 2;

  /** CUDA's error number (CUresult), or -1 when the driver itself is the trouble. */
  private final int code;

  CudaException(int code, String message) {
    super(message);
    this.code = code;
  }

  CudaException(String message, Throwable cause) {
    super(message, cause);
    this.code = -1;
  }

  /** The failure to have memory, told by somebody else than the driver. */
  public static CudaException ofMemory(String message) {
    return new CudaException(OUT_OF_MEMORY, message);
  }

  public int code() {
    return code;
  }

  /** Whether the device has too little memory left: the one failure after which it goes on. */
  public boolean outOfMemory() {
    return code == OUT_OF_MEMORY;
  }

  /** What an operator can do about an error of this name. */
  static String advice(String error) {
    return switch (error) {
      case "CUDA_ERROR_OUT_OF_MEMORY" ->
          "lower CONTEXT or MAX_BATCH_SIZE, or end other processes on the GPU";
      case "CUDA_ERROR_NO_DEVICE" -> "no GPU is visible here; check CUDA_VISIBLE_DEVICES";
      case "CUDA_ERROR_INVALID_DEVICE" -> "there is no GPU of that number; check nvidia-smi";
      case "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
          "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
          "CUDA_ERROR_SYSTEM_NOT_READY" ->
          "the driver and its kernel module do not fit; restart the machine or the driver";
      case "CUDA_ERROR_ILLEGAL_ADDRESS",
          "CUDA_ERROR_LAUNCH_FAILED",
          "CUDA_ERROR_ECC_UNCORRECTABLE",
          "CUDA_ERROR_HARDWARE_STACK_ERROR",
          "CUDA_ERROR_DEVICE_UNAVAILABLE" ->
          "the device's state is lost; restart the service, and look at dmesg for Xid errors";
      default -> "restart the service; if it comes again, look at dmesg for Xid errors";
    };
  }
}
