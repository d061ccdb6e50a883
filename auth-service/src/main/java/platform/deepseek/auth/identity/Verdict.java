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

  /** A token that was one until its time was over. */
  record ExpiredToken() implements Verdict {}

  /** Somebody whose identity provider says nothing that is a role here. */
  record WithoutRole(String credential) implements Verdict {}

  /**
   * It cannot be known at the moment, so nobody gets in.
   *
   * @param why a sentence for who asked
   */
  record Unknowable(String why) implements Verdict {}

  /** The tenant or the user was disabled. */
  record Disabled(String credential) implements Verdict {}
}
