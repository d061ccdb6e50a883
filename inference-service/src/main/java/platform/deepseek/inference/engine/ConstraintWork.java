package platform.deepseek.inference.engine;

import platform.deepseek.inference.sampling.Work;

/**
 * What a step may spend on finding out what constraints allow. It is the engine's own thread that
 * does it, so all who are in the step wait: one sequence gets about two milliseconds of it, all
 * together about six. Behind those each still gets a little, which is enough for nearly all masks,
 * so that nobody's constraint keeps another from going on; what is begun is ended, and where that
 * has doubled the step's work the rest waits for the next one.
 */
final class ConstraintWork {

  private static final long OF_A_STEP = 600_000;
  private static final long OF_A_SEQUENCE = 200_000;
  private static final long LEAST = 20_000;

  private long left = OF_A_STEP;

  /**
   * Asks a sequence what may come next; false where that will take another step.
   *
   * @throws RuntimeException as {@link Sequence#constrain}
   */
  boolean prepare(Sequence sequence, int vocabulary) {
    boolean over = left < -OF_A_STEP && sequence.request().constraint() != null;
    if (over) {
      return false;
    }
    long granted = Math.max(LEAST, Math.min(left, OF_A_SEQUENCE));
    var work = new Work(granted);
    try {
      return sequence.constrain(vocabulary, work);
    } finally {
      left -= granted - work.left();
    }
  }
}
