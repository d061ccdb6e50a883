package platform.deepseek.inference.api.health;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.engine.EngineStats;

/**
 * Whether the engine's loop turns. The engine publishes a new record of numbers after every turn;
 * with work to do and the same record for too long, it hangs. With nothing to do it may sleep.
 */
@Singleton
public final class EnginePulse {

  /** Longer than any step: a step is bounded by its token budget. */
  static final Duration LONGEST_TURN = Duration.ofSeconds(60);

  private final Supplier<EngineStats> stats;
  private final LongSupplier clock;
  private EngineStats latest;
  private long seenAt;

  @Inject
  EnginePulse(ServedModel model) {
    this(model.engine()::stats, System::nanoTime);
  }

  EnginePulse(Supplier<EngineStats> stats, LongSupplier clock) {
    this.stats = stats;
    this.clock = clock;
  }

  public synchronized boolean beats() {
    EngineStats now = stats.get();
    if (now != latest) {
      latest = now;
      seenAt = clock.getAsLong();
      return true;
    }
    boolean idle = now.running() == 0 && now.waiting() == 0;
    return idle || clock.getAsLong() - seenAt < LONGEST_TURN.toNanos();
  }
}
