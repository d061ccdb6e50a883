package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;
import static platform.deepseek.inference.engine.Requests.startingWithin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class OverloadTest {
  private final int stepsAhead;

  /** One runs, two may wait. */
  private final EngineUnderTest engine;

  OverloadTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
    engine =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 1, 64), new EngineConfig(1, 8, 2, true, 4, 0));
  }

  @Test
  void requestsPastTheQueueLimitFailAtOnce() {
    List<Client> clients = submit(5);
    engine.turn();

    assertThat(clients).extracting(Client::code).startsWith(null, null, null);
    assertThat(clients.get(3).code()).isEqualTo(EngineError.Code.QUEUE_FULL);
    assertThat(clients.get(4).code()).isEqualTo(EngineError.Code.QUEUE_FULL);
    assertThat(clients.get(4).error().retryAfter()).isEqualTo(Duration.ofSeconds(1));
    engine.runUntilIdle();
    assertThat(clients.subList(0, 3)).allMatch(c -> c.reason() == FinishReason.LENGTH);
  }

  @Test
  void retryAfterFollowsTheMeasuredRate() {
    engine.runner.beforeRun(() -> engine.pass(Duration.ofSeconds(2)));
    submit(3);
    engine.runUntilIdle(); // three steps each: one start every six seconds

    List<Client> clients = submit(4);
    engine.turn();

    // Three are waiting when the fourth comes (one may start at once): 18 seconds.
    assertThat(clients.get(3).error().retryAfter()).isEqualTo(Duration.ofSeconds(18));
    assertThat(clients.get(3).error().message()).contains("3 requests", "18 s");
    engine.runUntilIdle();
  }

  @Test
  void requestThatDoesNotStartInTimeFails() {
    Client running = engine.submit(request(prompt(1, 3), 20));
    engine.turn();
    Client late = engine.submit(startingWithin(Duration.ofMillis(50), prompt(2, 3), 3));
    engine.turn();
    engine.pass(Duration.ofMillis(50));
    engine.turn();
    assertThat(late.ended()).isFalse();

    engine.pass(Duration.ofMillis(1));
    engine.turn();

    assertThat(late.code()).isEqualTo(EngineError.Code.DEADLINE_EXCEEDED);
    assertThat(late.error().message()).contains("51 ms", "50 ms");
    assertThat(late.error().retryAfter()).isPositive();
    engine.runUntilIdle();
    assertThat(running.tokens()).hasSize(20);
  }

  @Test
  void deadlineDoesNotEndWhatHasStarted() {
    Client client = engine.submit(startingWithin(Duration.ofMillis(50), prompt(2, 3), 3));
    engine.turn();
    engine.pass(Duration.ofSeconds(9));
    engine.runUntilIdle();

    assertThat(client.tokens()).hasSize(3);
  }

  @Test
  void observerCountsFailuresByCode() {
    var failures = new ArrayList<EngineError.Code>();
    var observed =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 1, 64),
            new EngineConfig(1, 8, 0, true, 4, 0),
            new EngineObserver() {
              @Override
              public void requestFailed(EngineError.Code code) {
                failures.add(code);
              }
            });
    observed.submit(request(prompt(1, 3), 2));
    observed.submit(request(prompt(2, 3), 2));
    observed.submit(request(prompt(2, 60), 9));
    observed.runUntilIdle();

    assertThat(failures)
        .containsExactly(EngineError.Code.QUEUE_FULL, EngineError.Code.OUT_OF_MEMORY);
  }

  private List<Client> submit(int count) {
    var clients = new ArrayList<Client>();
    for (int i = 0; i < count; i++) {
      clients.add(engine.submit(request(prompt(i, 3), 3)));
    }
    return clients;
  }
}
