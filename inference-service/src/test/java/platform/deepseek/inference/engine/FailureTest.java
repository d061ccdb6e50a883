package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class FailureTest {
  private final EngineUnderTest engine;

  FailureTest(int stepsAhead) {
    engine = EngineUnderTest.small(stepsAhead);
  }

  @Test
  void failedRunEndsItsSequencesAndTheEngineGoesOn() {
    Client first = engine.submit(request(prompt(1, 3), 5));
    Client second = engine.submit(request(prompt(2, 3), 5));
    engine.turn();
    engine.runner.failNextRun(new IllegalStateException("no kernel"));
    engine.turn();

    assertThat(first.code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
    assertThat(second.code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
    assertThat(first.error().message())
        .contains("IllegalStateException")
        .doesNotContain("no kernel");
    assertThat(engine.ask(request(prompt(3, 3), 5)).tokens())
        .isEqualTo(FakeRunner.answer(prompt(3, 3), 0, 5));
  }

  @Test
  void waitingSequencesSurviveAFailedRun() {
    for (int i = 0; i < 4; i++) {
      engine.submit(request(prompt(i, 3), 5));
    }
    Client waiting = engine.submit(request(prompt(9, 3), 5));
    engine.runner.failNextRun(new IllegalStateException("no kernel"));
    engine.runUntilIdle();

    assertThat(waiting.tokens()).isEqualTo(FakeRunner.answer(prompt(9, 3), 0, 5));
  }

  @Test
  void contentOfAFailedRunIsNeverReused() {
    int[] prompt = prompt(1, 16);
    engine.submit(request(prompt, 5));
    engine.turns(3);
    engine.runner.failNextRun(new IllegalStateException("no kernel"));
    engine.turn();

    Client again = engine.ask(request(prompt, 5));

    assertThat(again.started().cachedTokens()).isZero();
    assertThat(again.tokens()).isEqualTo(FakeRunner.answer(prompt, 0, 5));
  }

  @Test
  void failedCopyEndsOnlyTheSequenceThatNeededIt() {
    int[] system = prompt(1, 16);
    engine.ask(request(concat(system, prompt(2, 9)), 2));
    Client neighbour = engine.submit(request(prompt(3, 3), 9));
    engine.turn();
    engine.runner.failNextCopy(new IllegalStateException("no copy"));
    Client failed = engine.submit(request(concat(system, prompt(4, 9)), 2));
    engine.runUntilIdle();

    assertThat(failed.code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
    assertThat(failed.error().message())
        .contains("IllegalStateException")
        .doesNotContain("no copy");
    assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 3), 0, 9));
  }

  @Test
  void failedCopyOfTheOnlySequenceIsToldToo() {
    int[] system = prompt(1, 16);
    engine.ask(request(concat(system, prompt(2, 9)), 2));
    engine.runner.failNextCopy(new IllegalStateException("no copy"));
    Client failed = engine.ask(request(concat(system, prompt(4, 9)), 2));

    assertThat(failed.code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
  }

  @Test
  void consumerThatThrowsCancelsOnlyItsOwnSequence() {
    var broken =
        new Client()
            .also(
                event -> {
                  if (event instanceof TokenEvent.Token) {
                    throw new IllegalStateException("connection reset");
                  }
                });
    engine.engine.submit(request(prompt(1, 3), 9), broken);
    Client neighbour = engine.submit(request(prompt(2, 3), 9));
    engine.steps(1);
    assertThat(engine.engine.stats().running()).isOne();
    engine.runUntilIdle();

    assertThat(broken.tokens()).hasSize(1);
    assertThat(broken.ended()).isFalse();
    assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 9));
  }

  @Test
  void consumerThatThrowsAtItsFirstOrLastEventHarmsNobody() {
    for (Class<?> moment : List.of(TokenEvent.Started.class, TokenEvent.Finished.class)) {
      var broken =
          new Client()
              .also(
                  event -> {
                    if (moment.isInstance(event)) {
                      throw new IllegalStateException("connection reset");
                    }
                  });
      engine.engine.submit(request(prompt(1, 3), 1), broken);
      Client neighbour = engine.submit(request(prompt(2, 3), 9));
      engine.runUntilIdle();

      assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 9));
    }
  }

  @Test
  void slotsThatCannotBeGivenBackKeepNobodyWaiting() {
    var failure = new IllegalStateException("no such page");
    List<Client> clients =
        Stream.of(1, 2, 3).map(seed -> engine.submit(request(prompt(seed, 3), 9))).toList();
    engine.turns(2);
    engine.runner.failNextRun(new IllegalStateException("no kernel"));
    engine.runner.failNextTrim(failure);
    clients.forEach(client -> client.also(ended -> engine.runner.failNextTrim(failure)));
    engine.turns(2);
    engine.runner.failNextTrim(null);

    assertThat(clients)
        .extracting(Client::code)
        .containsOnly(EngineError.Code.RUNNER_FAILED)
        .hasSize(3);
    assertThat(engine.ask(request(prompt(3, 3), 5)).tokens())
        .isEqualTo(FakeRunner.answer(prompt(3, 3), 0, 5));
  }

  @Test
  void noSlotIsLostToMemoryThatIsNotGivenBack() {
    for (int i = 0; i < 8; i++) { // twice as often as there are slots
      engine.runner.failNextTrim(new IllegalStateException("no such page"));
      assertThat(engine.ask(request(prompt(i, 2), 1)).ended()).isTrue(); // less than a block
    }
    List<Client> clients =
        Stream.of(1, 2, 3, 4).map(seed -> engine.submit(request(prompt(seed, 3), 9))).toList();
    engine.turns(2);
    assertThat(engine.engine.stats().running()).isEqualTo(4);
    engine.runUntilIdle();

    for (int i = 0; i < 4; i++) {
      assertThat(clients.get(i).tokens()).isEqualTo(FakeRunner.answer(prompt(i + 1, 3), 0, 9));
    }
  }
}
