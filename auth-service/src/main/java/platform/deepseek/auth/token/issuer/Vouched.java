package platform.deepseek.auth.token.issuer;

import java.time.Instant;
import java.util.Optional;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.identity.Assurance;

/**
 * What an issuer vouches for: a person, for some time.
 *
 * @param issuer as it was when the token was examined
 * @param role empty when nothing that the token says is mapped to one
 */
public record Vouched(
    Issuer issuer,
    String subject,
    Optional<String> name,
    Optional<Role> role,
    Assurance assurance,
    Instant expiresAt) {}
