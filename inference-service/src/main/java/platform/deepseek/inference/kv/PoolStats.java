package platform.deepseek.inference.kv;

/**
 * A count of blocks.
 *
 * @param running blocks of running slots
 * @param cached blocks of cached slots, which are given up when room is short
 * @param total the memory budget
 */
public record PoolStats(int running, int cached, int total) {}
