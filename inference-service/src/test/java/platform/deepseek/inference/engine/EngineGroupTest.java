package platform.deepseek.inference.engine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;
import static platform.deepseek.inference.engine.Requests.startingWithin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import platform.deepseek.inference.engine.prefix.PrefixSharing;

/** Several engines with their threads, on models that can be stopped in the middle of a step. */
@Timeout(30)
class EngineGroupTest {
  private static final DeviceLostException LOST = new DeviceLostException("fell off the bus", null);

  private final CountDownLatch gate = new CountDownLatch(1);
  private final CompletableFuture<DeviceLostException> fatal = new CompletableFuture<>();
  private List<FakeRunner> runners;
  private GenerationService group;

  private void start(int engines, int maxBatch, int queueLimit) {
    runners =
        IntStream.range(0, engines).mapToObj(i -> new FakeRunner(2, maxBatch + 2, 64)).toList();
    group =
        EngineGroup.start(
            List.copyOf(runners),
            new EngineConfig(maxBatch, 32, queueLimit, true, 4, 0),
            PrefixSharing.NONE,
            EngineObserver.NONE,
            fatal::complete);
  }

  /** No step ends before the gate opens. */
  private void closeGate() {
    runners.forEach(runner -> runner.beforeRun(() -> await(gate)));
  }

  /** Also tells when so many steps have begun and stand before the gate. */
  private CountDownLatch closeGateBehind(int steps) {
    var entered = new CountDownLatch(steps);
    runners.forEach(
        runner ->
            runner.beforeRun(
                () -> {
                  entered.countDown();
                  await(gate);
                }));
    return entered;
  }

  @AfterEach
  void end() {
    gate.countDown();
    group.close();
  }

  /** A client that can be waited for. */
  private static final class Caller {
    final CompletableFuture<Client> ended = new CompletableFuture<>();
    final Client client = new Client().also(this::heard);
    Submission submission;

    private void heard(TokenEvent event) {
      switch (event) {
        case TokenEvent.Started started -> {}
        case TokenEvent.Token token -> {}
        case TokenEvent.Finished finished -> endedBy();
        case TokenEvent.Failed failed -> endedBy();
      }
    }

    private void endedBy() {
      ended.complete(client);
    }

    Client await() throws Exception {
      return ended.get(20, SECONDS);
    }
  }

  private Caller call(GenerationRequest request) {
    var caller = new Caller();
    caller.submission = group.submit(request, caller.client);
    return caller;
  }

  private Caller call(int name) {
    return call(request(prompt(name, 3), 5));
  }

  private static void assertAnswered(Caller caller, int name) throws Exception {
    assertThat(caller.await().tokens()).isEqualTo(FakeRunner.answer(prompt(name, 3), 0, 5));
  }

  @Test
  void oneRunnerIsAnEngineAlone() {
    start(1, 2, 0);

    assertThat(group).isInstanceOf(Engine.class);
  }

  @Test
  void noRequestIsLost() throws Exception {
    start(3, 4, 1000);
    var callers = new ArrayList<CompletableFuture<Caller>>();
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 400; i++) {
        int name = i;
        callers.add(CompletableFuture.supplyAsync(() -> callAndPerhapsCancel(name), threads));
      }
    }
    for (int i = 0; i < 400; i++) {
      Client client = callers.get(i).get().await();
      List<Integer> answer = FakeRunner.answer(prompt(i, 1 + i % 20), 0, 12);
      assertThat(client.error()).isNull();
      assertThat(client.tokens())
          .isEqualTo(
              client.reason() == FinishReason.CANCELLED
                  ? answer.subList(0, client.tokens().size())
                  : answer);
    }
    group.close(Duration.ofSeconds(10));
    assertThat(group.stats().running() + group.stats().waiting()).isZero();
    assertThat(runners).allMatch(FakeRunner::closed).allMatch(r -> !r.steps().isEmpty());
    runners.forEach(FakeRunner::checkIntegrity);
  }

  private Caller callAndPerhapsCancel(int name) {
    Caller caller = call(request(prompt(name, 1 + name % 20), 12));
    if (new Random(name).nextInt(5) == 0) {
      caller.submission.cancel();
    }
    return caller;
  }

  @Test
  void numbersOfAllEnginesAreSummed() {
    start(3, 4, 0);

    EngineStats stats = group.stats();
    assertThat(group.places()).isEqualTo(12);
    assertThat(stats.serving()).isEqualTo(3);
    assertThat(stats.lost()).isZero();
    assertThat(stats.batchLimit()).isEqualTo(12);
    assertThat(stats.kvMemory()).isEmpty();
  }

  @Test
  void loadIsEven() throws Exception {
    start(3, 4, 0);
    closeGate();
    List<Caller> callers = IntStream.range(0, 12).mapToObj(this::call).toList();
    gate.countDown();
    for (int i = 0; i < 12; i++) {
      assertAnswered(callers.get(i), i);
    }

    for (FakeRunner runner : runners) {
      assertThat(sequences(runner)).isEqualTo(4);
    }
  }

  @Test
  void promptGoesWhereItsBeginningIs() throws Exception {
    start(2, 8, 0);
    int[] first = prompt(1, 16);
    int[] second = prompt(2, 16);
    closeGate();
    Caller one = call(request(first, 2));
    Caller two = call(request(second, 2));
    gate.countDown();
    one.await();
    two.await();

    for (int i = 0; i < 4; i++) {
      int[] prompt = concat(second, prompt(10 + i, 3));
      assertThat(call(request(prompt, 2)).await().usage().cachedTokens()).isEqualTo(16);
    }
  }

  @Test
  void sharedBeginningDoesNotCrowdOneEngine() throws Exception {
    start(2, 8, 0);
    int[] system = prompt(1, 16);
    closeGate();
    List<Caller> callers =
        IntStream.range(0, 10)
            .mapToObj(i -> call(request(concat(system, prompt(i, 2)), 2)))
            .toList();
    gate.countDown();
    for (Caller caller : callers) {
      caller.await();
    }

    assertThat(sequences(runners.get(0))).isEqualTo(5);
    assertThat(sequences(runners.get(1))).isEqualTo(5);
  }

  private static long sequences(FakeRunner runner) {
    return runner.steps().stream()
        .flatMap(step -> step.entries().stream())
        .map(Step.Entry::sequence)
        .distinct()
        .count();
  }

  @Test
  void whoFindsNoPlaceWaitsForAnyEngineAndPastTheLimitFails() throws Exception {
    start(2, 1, 2);
    closeGate();
    List<Caller> callers = IntStream.range(0, 5).mapToObj(this::call).toList();

    assertThat(callers.get(4).await().code()).isEqualTo(EngineError.Code.QUEUE_FULL);
    assertThat(callers.get(4).client.error().message()).contains("2 requests");
    assertThat(group.stats().waiting()).isEqualTo(2);
    gate.countDown();
    for (int i = 0; i < 4; i++) {
      assertAnswered(callers.get(i), i);
    }
  }

  @Test
  void requestThatWaitsTooLongFails() throws Exception {
    start(2, 1, 8);
    closeGate();
    call(0);
    call(1);
    Caller late = call(startingWithin(Duration.ofMillis(20), prompt(2, 3), 5));

    assertThat(late.await().code()).isEqualTo(EngineError.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void waitingRequestCanBeTakenBack() throws Exception {
    start(2, 1, 8);
    closeGate();
    call(0);
    call(1);
    Caller waiting = call(2);
    waiting.submission.cancel();
    waiting.submission.cancel();

    assertThat(waiting.await().reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(group.stats().waiting()).isZero();
  }

  @Test
  void requestTooLongForEveryEngineFailsAtOnce() throws Exception {
    start(2, 1, 8);

    assertThat(call(request(prompt(1, 60), 5)).await().code())
        .isEqualTo(EngineError.Code.OUT_OF_MEMORY);
    assertThatThrownBy(() -> call(request(new int[0], 5)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void failedRunOfOneEngineIsNotTheOthers() throws Exception {
    start(2, 1, 8);
    runners.get(0).failNextRun(new IllegalStateException("no kernel"));
    closeGate();
    List<Caller> callers = IntStream.range(0, 4).mapToObj(this::call).toList();
    gate.countDown();

    assertThat(callers.get(0).await().code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
    for (int i = 1; i < 4; i++) {
      assertAnswered(callers.get(i), i);
    }
  }

  @Test
  void lostDeviceLeavesTheWorkToTheOthersAndTheLastOneIsFatal() throws Exception {
    start(2, 1, 8);
    runners.get(0).failNextAwait(LOST);
    closeGate();
    List<Caller> callers = IntStream.range(0, 4).mapToObj(this::call).toList();
    gate.countDown();

    assertThat(callers.get(0).await().code()).isEqualTo(EngineError.Code.DEVICE_LOST);
    for (int i = 1; i < 4; i++) {
      assertAnswered(callers.get(i), i);
    }
    assertAnswered(call(5), 5);
    assertThat(fatal).isNotDone();
    EngineStats stats = group.stats();
    assertThat(stats.serving()).isOne();
    assertThat(stats.lost()).isOne();
    assertThat(stats.batchLimit()).isOne();
    assertThat(stats.kvBlocksTotal()).as("the other's blocks").isEqualTo(3 * 64 / 4);

    runners.get(1).failNextRun(LOST);
    Caller last = call(6);
    assertThat(last.await().code()).isEqualTo(EngineError.Code.DEVICE_LOST);
    assertThat(fatal.get(10, SECONDS)).isSameAs(LOST);
    assertThat(call(7).await().code()).isEqualTo(EngineError.Code.DEVICE_LOST);
  }

  @Test
  void consumerThatThrowsGivesItsPlaceToTheNext() throws Exception {
    start(2, 1, 8);
    closeGate();
    for (int i = 0; i < 2; i++) {
      group.submit(
          request(prompt(i, 3), 40),
          event -> {
            throw new IllegalStateException("connection reset");
          });
    }
    Caller next = call(2);
    gate.countDown();

    assertAnswered(next, 2);
  }

  private void submitThrowing(int name) {
    group.submit(
        request(prompt(name, 3), 5),
        event -> {
          throw new IllegalStateException("connection reset");
        });
  }

  @Test
  void consumerThatThrowsInTheQueueKeepsNobodyBehindItFromItsEnd() throws Exception {
    start(2, 1, 8);
    runners.forEach(runner -> runner.failNextAwait(LOST));
    closeGate();
    List<Caller> callers = IntStream.range(0, 2).mapToObj(this::call).toList();
    submitThrowing(2);
    Caller waiting = call(3);
    gate.countDown();

    for (Caller caller : List.of(callers.get(0), callers.get(1), waiting)) {
      assertThat(caller.await().code()).isEqualTo(EngineError.Code.DEVICE_LOST);
    }
    assertThat(fatal.get(10, SECONDS)).isSameAs(LOST);
  }

  @Test
  void consumerThatThrowsDoesNotKeepTheGroupFromClosing() throws Exception {
    start(2, 1, 8);
    CountDownLatch entered = closeGateBehind(2); // who has not begun is refused too
    List<Caller> callers = IntStream.range(0, 2).mapToObj(this::call).toList();
    submitThrowing(2);
    Caller waiting = call(3);
    entered.await();
    Thread closing = Thread.ofVirtual().start(() -> group.close(Duration.ofMinutes(1)));

    assertThat(waiting.await().code()).isEqualTo(EngineError.Code.SHUTTING_DOWN);
    gate.countDown();
    assertAnswered(callers.get(0), 0);
    closing.join();
    assertThat(runners).allMatch(FakeRunner::closed);
  }

  @Test
  void lossThatSomebodyElseFoundIsThatOfAllEngines() throws Exception {
    start(2, 1, 8);
    closeGate();
    List<Caller> callers = IntStream.range(0, 3).mapToObj(this::call).toList();
    group.lose(LOST);
    gate.countDown();

    for (Caller caller : callers) {
      assertThat(caller.await().code()).isEqualTo(EngineError.Code.DEVICE_LOST);
    }
    assertThat(fatal.get(10, SECONDS)).isSameAs(LOST);
  }

  @Test
  void closingRefusesWhoWaitsAndLetsTheOthersFinish() throws Exception {
    start(2, 1, 8);
    CountDownLatch entered = closeGateBehind(2);
    List<Caller> callers = IntStream.range(0, 3).mapToObj(this::call).toList();
    entered.await();
    Thread closing = Thread.ofVirtual().start(() -> group.close(Duration.ofMinutes(1)));

    assertThat(callers.get(2).await().code()).isEqualTo(EngineError.Code.SHUTTING_DOWN);
    gate.countDown();
    assertAnswered(callers.get(0), 0);
    assertAnswered(callers.get(1), 1);
    closing.join();
    assertThat(call(3).await().code()).isEqualTo(EngineError.Code.SHUTTING_DOWN);
    assertThat(runners).allMatch(FakeRunner::closed);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
