package platform.deepseek.inference.engine;

import java.time.Duration;
import platform.deepseek.inference.api.client.Await;

/** Lets other packages' checks look into an engine's books. */
public final class EngineIntegrity {

  /** Its last step may still be under way, or prefixes be handed over. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private EngineIntegrity() {}

  /**
   * Of an engine that is idle, as soon as its loop thread sleeps: before that it may be writing
   * what is looked at.
   *
   * @throws IllegalStateException slots, blocks, queues and statuses do not agree
   */
  public static void check(Engine engine) {
    EngineStats stats = engine.stats();
    if (stats.running() + stats.waiting() > 0) {
      throw new IllegalStateException("the engine is not idle: " + stats);
    }
    Await.until(PATIENCE, "the engine's loop sleeps", engine::checkIntegrityAsleep);
  }
}
