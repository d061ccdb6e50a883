package platform.deepseek.auth.audit;

/**
 * Who did something; what is not known is empty.
 *
 * @param tenant id
 * @param user id
 * @param key public id of the credential, never the secret
 * @param role label
 */
public record Actor(String tenant, String user, String key, String role) {

  /** Somebody who has proven nothing. */
  public static final Actor UNKNOWN = new Actor("", "", "", "");

  /** This service by itself. */
  public static final Actor SERVICE = new Actor("", "", "", "service");

  /** Somebody who showed a key that is known but not good. */
  public static Actor ofKey(String key) {
    return new Actor("", "", key, "");
  }
}
