package platform.deepseek.inference.ort;

/** ONNX Runtime refused a call, or its library cannot be used; the message says what to do. */
public final class OrtException extends RuntimeException {

  /** ONNX Runtime's error code (OrtErrorCode), or -1 when the library itself is the trouble. */
  private final int code;

  public OrtException(int code, String message) {
    super(message);
    this.code = code;
  }

  OrtException(String message, Throwable cause) {
    super(message, cause);
    this.code = -1;
  }

  public int code() {
    return code;
  }
}
