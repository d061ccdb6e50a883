package platform.deepseek.cache.lease;

/** Whose turn it is to compute an answer, with the fence of the lease. */
public sealed interface Turn {

  /** Whoever asked. */
  record Yours(long fence) implements Turn {}

  /** Somebody else's, who can be followed. */
  record Theirs(long fence) implements Turn {}
}
