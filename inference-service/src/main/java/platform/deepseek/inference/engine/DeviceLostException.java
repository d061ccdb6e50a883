package platform.deepseek.inference.engine;

/** The device does not answer any more, or answers nothing but errors: no call of it can help. */
public final class DeviceLostException extends RuntimeException {

  private static final long serialVersionUID = 1;

  public DeviceLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
