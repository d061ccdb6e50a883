package platform.deepseek.auth.identity;

import platform.deepseek.auth.credential.StoredKey;

/** What a credential is worth. */
public sealed interface Verdict {

  record Known(Identity identity) implements Verdict {}

  /** No such key, or not its secret: which of the two is nobody's business. */
  record Unknown() implements Verdict {}

  /**
   * A key that was one.
   *
   * @param state anything but active
   */
  record Lapsed(String credential, StoredKey.State state) implements Verdict {}

  /** The tenant or the user was disabled. */
  record Disabled(String credential) implements Verdict {}
}
