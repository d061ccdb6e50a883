package platform.deepseek.auth.factor;

/** Keeps secrets unreadable in the database, each bound to whose it is. */
public interface SecretSeal {

  /**
   * @param context that has to be named again to open it
   */
  byte[] seal(byte[] secret, String context);

  /**
   * @throws IllegalStateException when it was sealed by another key, for another context, or
   *     changed
   */
  byte[] open(byte[] sealed, String context);
}
