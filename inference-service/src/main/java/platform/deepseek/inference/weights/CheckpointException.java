package platform.deepseek.inference.weights;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** A checkpoint that cannot be read or does not fit, with the place where that was noticed. */
public final class CheckpointException extends RuntimeException {

  private static final long serialVersionUID = 1L;
  private static final int LONGEST_QUOTE = 120;

  /** What kind of fault it is. */
  public enum Code {
    /** The file system refused. */
    UNREADABLE,
    /** Something reaches past the end of the file. */
    TRUNCATED,
    /** The bytes contradict the format. */
    MALFORMED,
    /** Well formed, but nothing here can read it. */
    UNSUPPORTED,
    /** A file, key or tensor that must be there is not. */
    MISSING,
    /** Two parts of the checkpoint contradict each other. */
    MISMATCHED
  }

  private final Code code;
  private final transient Path file;
  private final String tensor;
  private final long offset;

  private CheckpointException(
      Code code, Path file, String tensor, long offset, String what, Throwable cause) {
    super(sentence(code, file, tensor, offset, what), cause);
    this.code = code;
    this.file = file;
    this.tensor = tensor;
    this.offset = offset;
  }

  /** A fault of the file as a whole, or of a part that is not a tensor. */
  public static CheckpointException ofFile(Code code, Path file, long offset, String what) {
    return new CheckpointException(code, file, null, offset, what, null);
  }

  /** A fault of the file that another exception reported. */
  public static CheckpointException ofFile(
      Code code, Path file, long offset, String what, Throwable cause) {
    return new CheckpointException(code, file, null, offset, what, cause);
  }

  /** A fault of one tensor; {@code offset} is the byte of the file where it shows. */
  public static CheckpointException ofTensor(
      Code code, Path file, String tensor, long offset, String what) {
    return new CheckpointException(code, file, tensor, offset, what, null);
  }

  public Code code() {
    return code;
  }

  public Path file() {
    return file;
  }

  public Optional<String> tensor() {
    return Optional.ofNullable(tensor);
  }

  /** Bytes from the start of the file. */
  public long offset() {
    return offset;
  }

  private static String sentence(Code code, Path file, String tensor, long offset, String what) {
    var text = new StringBuilder("checkpoint_").append(code.name().toLowerCase(Locale.ROOT));
    text.append(": ").append(file);
    if (tensor != null) {
      text.append(", tensor ").append(quoted(tensor));
    }
    return text.append(", byte ").append(offset).append(": ").append(what).toString();
  }

  /** A name from a file as it can be shown: no control characters, no more than a line. */
  static String quoted(String name) {
    var text = new StringBuilder("'");
    for (int i = 0; i < Math.min(name.length(), LONGEST_QUOTE); i++) {
      char c = name.charAt(i);
      text.append(Character.isISOControl(c) ? '?' : c);
    }
    return text.append(name.length() > LONGEST_QUOTE ? "...'" : "'").toString();
  }
}
