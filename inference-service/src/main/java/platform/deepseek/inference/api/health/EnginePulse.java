package platform.deepseek.inference.api.health;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.engine.EngineStats;

/**
 * Whether the engine's loop turns, or of several each one's. An engine publishes a new record of
 * numbers after every turn; with work to do and the same record for too long, it hangs. With
 * nothing to do it may sleep.
 */
@Singleton
public final class EnginePulse {

  /** Longer than any step: a step is bounded by its token budget. */
  static final Duration LONGEST_TURN = Duration.ofSeconds(60);

  private final Supplier<List<EngineStats>> stats;
  private final LongSupplier clock;
  private final List<Seen> seen = new ArrayList<>();

  /** An engine's latest record, and when it was new. */
  private record Seen(EngineStats stats, long at) {}

  @Inject
  EnginePulse(ServedModel model) {
    this(model.engine()::statsOfEach, System::nanoTime);
  }

  EnginePulse(Supplier<List<EngineStats>> stats, LongSupplier clock) {
    this.stats = stats;
    this.clock = clock;
  }

  public synchronized boolean beats() {
    List<EngineStats> now = stats.get();
    boolean all = true;
    for (int i = 0; i < now.size(); i++) {
      all &= beats(i, now.get(i));
    }
    return all;
  }

  private boolean beats(int engine, EngineStats now) {
    if (engine == seen.size()) {
      seen.add(new Seen(null, 0));
    }
    Seen before = seen.get(engine);
    if (now != before.stats()) {
      seen.set(engine, new Seen(now, clock.getAsLong()));
      return true;
    }
    boolean idle = now.running() == 0 && now.waiting() == 0;
    return idle || clock.getAsLong() - before.at() < LONGEST_TURN.toNanos();
  }
}
