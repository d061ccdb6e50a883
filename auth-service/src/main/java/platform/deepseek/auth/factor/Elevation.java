package platform.deepseek.auth.factor;

import java.time.Instant;
import java.util.Optional;
import platform.deepseek.auth.network.ClientAddress;

/**
 * For a while a key of an administrator is enough, from the address where a second factor was
 * proven.
 *
 * @param key id
 * @param method that it was proven by: a label of {@link Proof.Method}
 */
public record Elevation(
    String id,
    String user,
    String key,
    ClientAddress client,
    String method,
    Instant createdAt,
    Instant expiresAt,
    Optional<Instant> revokedAt) {

  public boolean holds(ClientAddress from, Instant now) {
    return revokedAt.isEmpty() && now.isBefore(expiresAt) && client.equals(from);
  }
}
