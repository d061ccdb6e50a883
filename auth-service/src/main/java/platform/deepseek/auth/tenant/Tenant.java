package platform.deepseek.auth.tenant;

import java.time.Instant;

/**
 * Somebody with people, keys, limits and a cache of their own.
 *
 * @param cacheSalt goes into every cache key, so that no other tenant's entry is ever found
 * @param priority of its requests in the engine's queue, 0 first
 * @param promptBytes that its audit keeps of each request at most; usually 0
 * @param disabledAt null while its keys work
 */
public record Tenant(
    String id,
    String name,
    String cacheSalt,
    int priority,
    int promptBytes,
    Instant createdAt,
    Instant disabledAt) {}
