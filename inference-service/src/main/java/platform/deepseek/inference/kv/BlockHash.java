package platform.deepseek.inference.kv;

/** The name of a whole prefix up to the end of one block: 128 bits of a SHA-256 chain. */
record BlockHash(long high, long low) {}
