package platform.deepseek.cache.stream;

/** How a live stream ended. */
public sealed interface End {

  /**
   * @param entry the caller's object, as a hit has it
   */
  record Done(byte[] entry) implements End {}

  /** The leader is gone: whoever follows has to look up again. */
  record Lost() implements End {}

  /** The leader finished and its answer is not to be kept. */
  record Abandoned(String reason) implements End {}
}
