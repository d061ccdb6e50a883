package platform.deepseek.inference.engine.prefix;

import platform.deepseek.inference.kv.HashedTokens;

/** What {@link SharedPrefixes} knows of one sequence. The loop thread's. */
public final class SharedPrefix {

  final String tenant;
  final HashedTokens tokens;
  final BlockNames names;

  /** What it waits for or has not taken yet; null when there is nothing. */
  Restoration restoration;

  SharedPrefix(String tenant, HashedTokens tokens, BlockNames names) {
    this.tenant = tenant;
    this.tokens = tokens;
    this.names = names;
  }

  /** Whether the sequence need not wait for the store (any more). */
  public boolean isReady() {
    return restoration == null || restoration.isEnded();
  }
}
