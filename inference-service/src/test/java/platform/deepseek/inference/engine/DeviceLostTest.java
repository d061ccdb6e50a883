package platform.deepseek.inference.engine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A device that is gone ends the engine, and its listener is told last. */
@Timeout(20)
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class DeviceLostTest {
  private static final DeviceLostException LOST = new DeviceLostException("fell off the bus", null);

  private final FakeRunner runner;
  private final CompletableFuture<DeviceLostException> fatal = new CompletableFuture<>();

  DeviceLostTest(int stepsAhead) {
    runner = new FakeRunner(stepsAhead, 4, 64);
  }

  @Test
  void everybodyIsToldThenTheListenerAndTheEngineEnds() throws Exception {
    CountDownLatch inRun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    runner.beforeRun(
        () -> {
          inRun.countDown();
          await(goOn);
        });
    runner.failNextAwait(LOST);
    Engine engine = Engine.start(runner, config(1, 8, 0), EngineObserver.NONE, fatal::complete);
    var running = new Client();
    engine.submit(request(prompt(1, 3), 9), running);
    inRun.await();
    var waiting = new Client();
    engine.submit(request(prompt(2, 3), 9), waiting);
    goOn.countDown();

    assertThat(fatal.get(10, SECONDS)).isSameAs(LOST);
    engine.thread().join();
    for (Client client : List.of(running, waiting)) {
      assertThat(client.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
      assertThat(client.error().message()).contains("fell off the bus");
    }
    assertThat(engine.stats().running() + engine.stats().waiting()).isZero();
    var late = new Client();
    engine.submit(request(prompt(3, 3), 9), late);
    assertThat(late.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
    engine.close(Duration.ofSeconds(5));
    assertThat(runner.closed()).isFalse();
  }

  @Test
  void whoHearsOfTheLossSeesItInTheStatistics() throws Exception {
    runner.failNextRun(LOST);
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    var seen = new AtomicReference<EngineStats>();
    var client = new Client().also(event -> seen.set(engine.stats()));
    engine.submit(request(prompt(1, 3), 9), client);

    fatal.get(10, SECONDS);
    assertThat(client.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
    assertThat(seen).hasValue(EngineStats.deviceLost());
  }

  @Test
  void lossWhileStartingAStepIsNoOrdinaryFailure() throws Exception {
    runner.failNextRun(LOST);
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    var client = new Client();
    engine.submit(request(prompt(1, 3), 9), client);

    fatal.get(10, SECONDS);
    assertThat(client.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
  }

  @Test
  void lossWhileCopyingAPrefixIsNoOrdinaryFailure() throws Exception {
    int[] system = prompt(1, 16);
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    var ended = new CompletableFuture<TokenEvent>();
    engine.submit(
        request(concat(system, prompt(2, 9)), 2),
        event -> {
          if (event instanceof TokenEvent.Finished) {
            ended.complete(event);
          }
        });
    ended.get(10, SECONDS);
    runner.failNextCopy(LOST);
    var client = new Client();
    engine.submit(request(concat(system, prompt(4, 9)), 2), client);

    fatal.get(10, SECONDS);
    assertThat(client.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
  }

  @Test
  void whoComesTogetherWithACancellationThatFindsTheDeviceLostIsToldToo() throws Exception {
    CountDownLatch inRun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    runner.beforeRun(
        () -> {
          inRun.countDown();
          await(goOn);
        });
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    var cancelled = new Client();
    Submission submission = engine.submit(request(prompt(1, 3), 9), cancelled);
    inRun.await();
    runner.failNextTrim(LOST);
    submission.cancel();
    var late = new Client();
    engine.submit(request(prompt(2, 3), 9), late);
    goOn.countDown();

    fatal.get(10, SECONDS);
    assertThat(cancelled.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
    assertThat(late.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
  }

  @Test
  void lossWhileClosingIsToldToThoseThatRan() throws Exception {
    CountDownLatch inRun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    var first = new Client();
    var second = new Client();
    AtomicReference<Engine> started = new AtomicReference<>();
    AtomicInteger runs = new AtomicInteger();
    runner.beforeRun(
        () -> {
          if (runs.incrementAndGet() == 1) {
            // On the loop's thread, so that both are in its next step.
            started.get().submit(request(prompt(1, 3), 9), first);
            started.get().submit(request(prompt(2, 3), 9), second);
          } else {
            inRun.countDown();
            await(goOn);
          }
        });
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    started.set(engine);
    engine.submit(request(prompt(3, 3), 1), new Client());
    inRun.await();
    runner.failNextTrim(LOST);
    Thread closing = Thread.ofVirtual().start(engine::close);
    while (closing.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    goOn.countDown();
    closing.join();

    assertThat(fatal.get(10, SECONDS)).isSameAs(LOST);
    for (Client client : List.of(first, second)) {
      assertThat(client.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
    }
    assertThat(runner.closed()).isFalse();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void lossThatSomebodyElseFoundEndsTheEngineAlsoWhileItSleeps() throws Exception {
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    while (engine.thread().getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    engine.lose(LOST);

    assertThat(fatal.get(10, SECONDS)).isSameAs(LOST);
    var late = new Client();
    engine.submit(request(prompt(1, 3), 9), late);
    assertThat(late.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
  }

  @Test
  void lossThatSomebodyElseFoundEndsWhatRuns() throws Exception {
    CountDownLatch inRun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    runner.beforeRun(
        () -> {
          inRun.countDown();
          await(goOn);
        });
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    var running = new Client();
    engine.submit(request(prompt(1, 3), 9), running);
    inRun.await();
    engine.lose(LOST);
    goOn.countDown();

    assertThat(fatal.get(10, SECONDS)).isSameAs(LOST);
    assertThat(running.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
  }

  @Test
  void loopThatFailsDoesNotLeaveAServerThatAnswersNobody() throws Exception {
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    runner.failStats(new IllegalStateException("no sensor"));
    var client = new Client();
    engine.submit(request(prompt(1, 3), 9), client);

    assertThat(fatal.get(10, SECONDS)).hasRootCauseMessage("no sensor");
    assertThat(client.ended()).isTrue();
    var late = new Client();
    engine.submit(request(prompt(2, 3), 9), late);
    assertThat(late.code()).isEqualTo(EngineError.Code.DEVICE_LOST);
  }

  @Test
  void faultWhileClosingKeepsNobodyWaiting() throws Exception {
    CountDownLatch inRun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    runner.beforeRun(
        () -> {
          inRun.countDown();
          await(goOn);
        });
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE, fatal::complete);
    var cancelled = new Client();
    Submission submission = engine.submit(request(prompt(1, 3), 9), cancelled);
    inRun.await();
    Thread closing = Thread.ofVirtual().start(engine::close);
    while (closing.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    runner.failNextTrim(new IllegalStateException("no such page"));
    submission.cancel();
    var late = new Client();
    engine.submit(request(prompt(2, 3), 9), late);
    goOn.countDown();
    closing.join();

    assertThat(cancelled.ended()).isTrue();
    assertThat(late.code()).isEqualTo(EngineError.Code.SHUTTING_DOWN);
    assertThat(runner.closed()).isTrue();
  }
}
