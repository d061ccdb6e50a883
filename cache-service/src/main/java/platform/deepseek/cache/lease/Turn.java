package platform.deepseek.cache.lease;

/** Whose turn it is to compute an answer. */
public sealed interface Turn {

  /** Whoever asked. */
  record Yours(long fence, String stream) implements Turn {}

  /** Somebody else's, who can be followed. */
  record Theirs(String stream) implements Turn {}
}
