package platform.deepseek.inference.engine;

/**
 * The device has no memory left for what a runner was asked to do. Everything else is as it was: of
 * the step, nothing before its entries' first tokens is harmed, so the same work can be asked for
 * again when some memory was given up.
 */
public final class DeviceMemoryException extends RuntimeException {

  private static final long serialVersionUID = 1;

  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
