package platform.deepseek.inference.cuda;

/** Kernels that were compiled for the device. */
public interface KernelModule extends AutoCloseable {

  /**
   * The kernel of this name; takes some microseconds, so callers keep it.
   *
   * @throws RuntimeException the module has none of this name
   */
  Kernel kernel(String name);

  /** Unloads the code; no launch may be under way. */
  @Override
  void close();
}
