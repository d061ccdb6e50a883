package platform.deepseek.auth.crypto;

/** What was sealed cannot be opened, and never will be. */
public final class CannotOpen extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** Why not. */
  public enum Reason {
    MALFORMED("it is not something that was sealed here"),
    SHREDDED("its key is not there any more"),
    FORGED("it, or what belongs to it, was changed, or the master key is another one");

    private final String sentence;

    Reason(String sentence) {
      this.sentence = sentence;
    }
  }

  private final Reason reason;

  CannotOpen(Reason reason) {
    super("cannot open what was sealed: " + reason.sentence);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
