package platform.deepseek.inference.engine;

/** What the scheduler does before a step, for tests of a runner. */
public final class SequenceMasks {

  private SequenceMasks() {}

  /** Asks the sequence's constraint what may come next. */
  public static void constrain(Sequence sequence, int vocabulary) {
    sequence.constrain(vocabulary);
  }
}
