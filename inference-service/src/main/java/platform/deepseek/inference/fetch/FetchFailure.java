package platform.deepseek.inference.fetch;

/** A fetch that ended with an error: its exit code, and a sentence that says what to do next. */
final class FetchFailure extends Exception {

  private static final long serialVersionUID = 1L;

  /** What went wrong; the operator reads the exit code. */
  enum Kind {
    /** The arguments cannot be carried out. */
    UNUSABLE(2),
    /** The files are not those that were named. */
    DIGEST_MISMATCH(10),
    /** The target folder is too small. */
    NO_SPACE(11),
    /** The source refuses, or does not answer for a long time. */
    UNREACHABLE(12),
    /** The target folder cannot be written. */
    FAILED(1);

    private final int exitCode;

    Kind(int exitCode) {
      this.exitCode = exitCode;
    }

    int exitCode() {
      return exitCode;
    }
  }

  private final Kind kind;

  FetchFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }
}
