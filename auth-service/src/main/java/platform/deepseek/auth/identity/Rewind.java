package platform.deepseek.auth.identity;

import platform.deepseek.auth.store.Revision;

/**
 * The database has forgotten changes that it had confirmed, as after a failover to a copy that did
 * not have them yet, or with a backup.
 *
 * @param known the newest change that was known here
 * @param found what the database calls its newest one now
 */
public record Rewind(Revision known, Revision found) {}
