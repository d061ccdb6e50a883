package platform.deepseek.cache.key;

/** Who shares an answer. */
public enum Scope {
  /** Requests of one tenant. */
  TENANT,
  /** Requests of all tenants that ask for it. */
  SHARED
}
