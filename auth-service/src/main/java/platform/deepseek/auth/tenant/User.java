package platform.deepseek.auth.tenant;

import java.time.Instant;
import platform.deepseek.auth.credential.Role;

/**
 * One person of a tenant.
 *
 * @param role the most that a key of theirs may be
 * @param disabledAt null while their keys work
 */
public record User(
    String id, String tenant, String name, Role role, Instant createdAt, Instant disabledAt) {}
