package platform.deepseek.auth.credential;

import java.time.Instant;
import java.util.Optional;

/** A key to be made: whose, for what, until when. */
public record KeyOrder(
    String tenant,
    Optional<String> user,
    String name,
    Role role,
    Restrictions restrictions,
    Optional<Instant> expiresAt) {}
