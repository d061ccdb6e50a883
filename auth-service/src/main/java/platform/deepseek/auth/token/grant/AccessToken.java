package platform.deepseek.auth.token.grant;

import java.time.Instant;
import java.util.Set;
import platform.deepseek.auth.credential.Scope;

/**
 * A token of ours that holds: RFC 9068.
 *
 * @param id {@code jti}
 * @param key id of the API key that it was made from: {@code client_id}; what it is worth is what
 *     that key is worth at the moment it is used
 * @param scopes that it has at most
 */
public record AccessToken(
    String id,
    String key,
    String subject,
    String audience,
    Set<Scope> scopes,
    Instant issuedAt,
    Instant expiresAt) {

  public AccessToken {
    scopes = Set.copyOf(scopes);
  }
}
