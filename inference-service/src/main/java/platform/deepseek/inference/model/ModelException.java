package platform.deepseek.inference.model;

import java.nio.file.Path;
import java.util.Locale;

/** A model whose description or weights this project cannot run, and what to do about it. */
public final class ModelException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What kind of fault it is. */
  public enum Code {
    /** The description cannot be read or contradicts itself. */
    CONFIG_INVALID,
    /** The description asks for something that is not implemented. */
    UNSUPPORTED,
    /** The checkpoint lacks a tensor. */
    TENSOR_MISSING,
    /** A tensor's shape or element type is not what the description says. */
    TENSOR_MISMATCHED,
    /** The checkpoint has a tensor that this architecture has no place for. */
    TENSOR_UNEXPECTED
  }

  private final Code code;

  ModelException(Code code, Path source, String what) {
    this(code, source, what, null);
  }

  ModelException(Code code, Path source, String what, Throwable cause) {
    super("model_" + code.name().toLowerCase(Locale.ROOT) + ": " + source + ": " + what, cause);
    this.code = code;
  }

  public Code code() {
    return code;
  }
}
