package platform.deepseek.cache.crypto;

/** What was kept is not what was sealed, or was sealed by another key or for another place. */
public final class SealBroken extends Exception {

  private static final long serialVersionUID = 1;

  /** It ends in the middle of a tag. */
  public static SealBroken cut() {
    return new SealBroken(null);
  }

  SealBroken(Throwable cause) {
    super("the seal is broken", cause, false, false);
  }
}
