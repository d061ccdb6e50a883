package platform.deepseek.inference.engine;

/** Lets other packages' checks look into an engine's books. */
public final class EngineIntegrity {
  private EngineIntegrity() {}

  /**
   * Of an engine that is idle: its loop thread waits, and what it did is seen since its statistics
   * were read.
   *
   * @throws IllegalStateException slots, blocks, queues and statuses do not agree
   */
  public static void check(Engine engine) {
    EngineStats stats = engine.stats();
    if (stats.running() + stats.waiting() > 0) {
      throw new IllegalStateException("the engine is not idle: " + stats);
    }
    engine.checkIntegrity();
  }
}
