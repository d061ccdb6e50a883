package platform.deepseek.auth.admin;

import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.identity.Identity;
import platform.deepseek.auth.network.ClientAddress;

/**
 * A user who called with an API key of theirs, from an address.
 *
 * @param user id
 * @param key id
 */
record KeyHolder(String user, String key, ClientAddress client) {

  /**
   * @throws BadRequest when the key is nobody's, or what was shown is a token
   */
  static KeyHolder of(Caller caller) {
    Identity identity = caller.identity();
    if (identity.credential().length() != ApiKey.ID_LENGTH) {
      throw BadRequest.conflict(
          "Codes go with API keys. With a token, log in again with a second factor.");
    }
    String user =
        identity
            .user()
            .orElseThrow(
                () ->
                    BadRequest.conflict(
                        "Key %s belongs to no user, and second factors are users'. Make a key for a"
                                .formatted(identity.credential())
                            + " user."));
    return new KeyHolder(user, identity.credential(), caller.client());
  }
}
