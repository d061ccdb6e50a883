package platform.deepseek.inference.engine;

import platform.deepseek.inference.sampling.Work;

/** What the scheduler does before a step, for tests of a runner. */
public final class SequenceMasks {

  private SequenceMasks() {}

  /** Asks the sequence's constraint what may come next. */
  public static void constrain(Sequence sequence, int vocabulary) {
    if (!sequence.constrain(vocabulary, Work.unlimited())) {
      throw new IllegalStateException("a constraint with all the work it wants has found no mask");
    }
  }
}
