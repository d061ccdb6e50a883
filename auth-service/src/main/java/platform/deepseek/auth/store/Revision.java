package platform.deepseek.auth.store;

/**
 * Which change to the database is its newest.
 *
 * @param number of the change; each has the next
 * @param mark that it was given at random: where the end of the database's history was lost, as by
 *     a failover, other changes get the same numbers, and never the same marks
 */
public record Revision(long number, long mark) {}
