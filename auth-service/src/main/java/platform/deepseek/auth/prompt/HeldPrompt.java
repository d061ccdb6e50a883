package platform.deepseek.auth.prompt;

import java.time.Instant;

/**
 * The beginning of a request that a tenant's audit keeps, sealed.
 *
 * @param id of its reservation
 * @param user empty when the key is nobody's in particular
 * @param length of the whole request, in bytes
 */
public record HeldPrompt(
    String id,
    String tenant,
    String user,
    String key,
    String model,
    long length,
    byte[] sealed,
    Instant createdAt) {}
