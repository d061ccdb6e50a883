package platform.deepseek.inference.engine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine with its real thread. */
@Timeout(20)
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class EngineLifecycleTest {
  private final FakeRunner runner;

  EngineLifecycleTest(int stepsAhead) {
    runner = new FakeRunner(stepsAhead, 4, 64);
  }

  @Test
  void requestsOfManyThreadsAreAllAnswered() throws Exception {
    try (Engine engine = Engine.start(runner, config(4, 8, 20), EngineObserver.NONE);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<CompletableFuture<List<Integer>>>();
      for (int i = 0; i < 100; i++) {
        var answer = new CompletableFuture<List<Integer>>();
        answers.add(answer);
        int[] prompt = prompt(i, 1 + i % 20);
        threads.execute(() -> engine.submit(request(prompt, 10), whenEnded(answer)));
      }
      for (int i = 0; i < 100; i++) {
        assertThat(answers.get(i).get(10, SECONDS))
            .isEqualTo(FakeRunner.answer(prompt(i, 1 + i % 20), 0, 10));
      }
    }
    assertThat(runner.closed()).isTrue();
  }

  @Test
  void eventsComeOnTheEnginesThread() throws Exception {
    try (Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE)) {
      var name = new CompletableFuture<String>();
      engine.submit(request(prompt(1, 3), 1), e -> name.complete(Thread.currentThread().getName()));

      assertThat(name.get(10, SECONDS)).isEqualTo("engine");
    }
  }

  @Test
  void closeLetsRunningRequestsFinishAndRefusesWaitingOnes() throws Exception {
    var inRun = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    pauseFirstRun(inRun, goOn);
    Engine engine = Engine.start(runner, config(1, 8, 0), EngineObserver.NONE);
    var running = new Client();
    engine.submit(request(prompt(1, 3), 20), running);
    inRun.await();
    var waiting = new Client();
    engine.submit(request(prompt(2, 3), 20), waiting);

    Thread closing = Thread.ofVirtual().start(() -> engine.close(Duration.ofMinutes(1)));
    awaitSleepOf(closing);
    goOn.countDown();
    closing.join();

    assertThat(running.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 3), 0, 20));
    assertThat(waiting.code()).isEqualTo(EngineError.Code.SHUTTING_DOWN);
    assertThat(runner.closed()).isTrue();
    assertThat(engine.stats().running()).isZero();
  }

  @Test
  void closeWithoutGraceFailsRunningRequests() throws Exception {
    var inRun = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    pauseFirstRun(inRun, goOn);
    Engine engine = Engine.start(runner, config(1, 8, 0), EngineObserver.NONE);
    var running = new Client();
    engine.submit(request(prompt(1, 3), 20), running);
    inRun.await();

    Thread closing = Thread.ofVirtual().start(engine::close);
    awaitSleepOf(closing);
    goOn.countDown();
    closing.join();

    assertThat(running.code()).isEqualTo(EngineError.Code.SHUTTING_DOWN);
  }

  @Test
  void requestAfterTheEndIsToldSo() {
    Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE);
    engine.close();
    engine.close();
    var client = new Client();
    engine.submit(request(prompt(1, 3), 5), client).cancel();

    assertThat(client.code()).isEqualTo(EngineError.Code.SHUTTING_DOWN);
  }

  @Test
  void idleEngineSleepsAndWakesForARequest() throws Exception {
    try (Engine engine = Engine.start(runner, config(4, 8, 0), EngineObserver.NONE)) {
      for (int i = 0; i < 3; i++) {
        awaitSleepOf(engine.thread());
        var answer = new CompletableFuture<List<Integer>>();
        engine.submit(request(prompt(i, 3), 5), whenEnded(answer));
        assertThat(answer.get(10, SECONDS)).hasSize(5);
      }
    }
  }

  @Test
  void runnerWithTooFewSlotsIsRefused() {
    assertThatThrownBy(() -> Engine.start(runner, config(5, 8, 0), EngineObserver.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxBatch 5")
        .hasMessageContaining("4");
  }

  private void pauseFirstRun(CountDownLatch inRun, CountDownLatch goOn) {
    runner.beforeRun(
        () -> {
          inRun.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static Client whenEnded(CompletableFuture<List<Integer>> answer) {
    var client = new Client();
    return client.also(
        event -> {
          switch (event) {
            case TokenEvent.Started started -> {}
            case TokenEvent.Token token -> {}
            case TokenEvent.Finished finished -> answer.complete(client.tokens());
            case TokenEvent.Failed failed ->
                answer.completeExceptionally(new AssertionError(failed.error().message()));
          }
        });
  }

  private static void awaitSleepOf(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }
}
