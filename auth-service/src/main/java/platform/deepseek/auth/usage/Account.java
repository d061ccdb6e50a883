package platform.deepseek.auth.usage;

/**
 * Whom usage is written to.
 *
 * @param key the lineage of the key
 * @param user empty when the key is nobody's in particular
 */
public record Account(String tenant, String user, String key) {}
