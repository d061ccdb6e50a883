package platform.deepseek.inference.cuda;

/** Failures as the driver tells them, for devices that are played. */
public final class CudaFaults {

  private static final int ILLEGAL_ADDRESS = 700;

  private CudaFaults() {}

  /** After it every call fails the same way. */
  public static CudaException illegalAddress() {
    return new CudaException(ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS");
  }
}
