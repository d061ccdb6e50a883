package platform.deepseek.inference.engine.prefix;

/** What became of the wish to have a prefix from the store. */
public enum RestorationOutcome {
  /** All that the store was thought to have came. */
  RESTORED("the blocks that were known came"),
  /** Some blocks came, the others are computed. */
  PARTIAL("some of the blocks that were known came"),
  /** The store has none of it. */
  UNKNOWN("the store has none of it"),
  /** Computing it is estimated to be faster. */
  SLOWER("computing was estimated to be faster"),
  /** Too many bytes are on their way already. */
  CROWDED("too many bytes were on their way already"),
  /** The store did not say in time what it has. */
  UNANSWERED("the store did not answer in time"),
  /** A block was not what it should have been. */
  DAMAGED("a block was damaged or another one's"),
  /** It broke off before the first block. */
  FAILED("the transfer broke off before its first block"),
  /** Nobody waits for it any more. */
  ABANDONED("the request was taken back");

  /** For the documentation. */
  public final String meaning;

  RestorationOutcome(String meaning) {
    this.meaning = meaning;
  }
}
