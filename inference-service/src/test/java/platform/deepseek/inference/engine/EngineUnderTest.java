package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import platform.deepseek.inference.engine.prefix.PrefixSharing;

/** An engine without its thread: the test plays the loop, one turn at a time, on its own clock. */
final class EngineUnderTest {
  /** Turns after which nothing sane is still running. */
  private static final int PATIENCE = 100_000;

  final FakeRunner runner;
  final Engine engine;
  private final AtomicLong now = new AtomicLong(1);

  EngineUnderTest(FakeRunner runner, EngineConfig config) {
    this(runner, config, EngineObserver.NONE);
  }

  EngineUnderTest(FakeRunner runner, EngineConfig config, EngineObserver observer) {
    this(runner, config, PrefixSharing.NONE, observer);
  }

  EngineUnderTest(
      FakeRunner runner, EngineConfig config, PrefixSharing sharing, EngineObserver observer) {
    this.runner = runner;
    this.engine = new Engine(runner, config, sharing, observer, now::get, lost -> {});
  }

  /** Four slots of 64 tokens, blocks of 4, eight tokens a step. */
  static EngineUnderTest small(int stepsAhead) {
    return new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(4, 8, 0));
  }

  static EngineConfig config(int maxBatch, int tokensPerStep, int kvBlocks) {
    return new EngineConfig(maxBatch, tokensPerStep, 1000, true, 4, kvBlocks);
  }

  Client submit(GenerationRequest request) {
    var client = new Client();
    engine.submit(request, client);
    return client;
  }

  /** One turn, after which the books must agree. */
  void turn() {
    engine.turn();
    engine.checkIntegrity();
    runner.checkIntegrity();
  }

  void turns(int count) {
    for (int i = 0; i < count; i++) {
      turn();
    }
  }

  /** Turns until the results of so many steps are there, where each step follows at once. */
  void steps(int count) {
    turns(count + runner.stepsAhead() - 1);
  }

  void runUntilIdle() {
    turn();
    for (int i = 0; engine.stats().running() + engine.stats().waiting() > 0; i++) {
      if (i == PATIENCE) {
        throw new AssertionError("the engine does not come to an end: " + engine.stats());
      }
      turn();
    }
  }

  /** Submits and runs to the end. */
  Client ask(GenerationRequest request) {
    Client client = submit(request);
    runUntilIdle();
    return client;
  }

  void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
