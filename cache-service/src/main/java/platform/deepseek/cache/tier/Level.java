package platform.deepseek.cache.tier;

/** What a hit is marked with. */
public enum Level {
  /** Memory of this process or of Redis. */
  L1,
  /** The machine's disk. */
  L2,
  /** The object store. */
  L3
}
