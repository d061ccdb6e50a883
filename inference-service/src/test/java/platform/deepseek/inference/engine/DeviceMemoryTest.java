package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The device has less memory than was planned: nobody ends who can be served. */
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class DeviceMemoryTest {
  private final EngineUnderTest engine;

  DeviceMemoryTest(int stepsAhead) {
    engine = new EngineUnderTest(new FakeRunner(stepsAhead, 8, 64), config(8, 64, 0));
  }

  @Test
  void quarterOfTheBatchGoesOnAndAllAnswersAreRight() {
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      clients.add(engine.submit(request(prompt(i, 5), 20)));
    }
    engine.turns(3);
    engine.runner.memory(70);
    int before = engine.runner.steps().size();
    engine.runUntilIdle();

    assertThat(engine.runner.steps().subList(before, before + 3))
        .anySatisfy(step -> assertThat(step.entries()).hasSize(2));
    for (int i = 0; i < 8; i++) {
      assertThat(clients.get(i).tokens()).isEqualTo(FakeRunner.answer(prompt(i, 5), 0, 20));
    }
  }

  @Test
  void batchGrowsBackWhileStepsEndWell() {
    for (int i = 0; i < 8; i++) {
      engine.submit(request(prompt(i, 5), 20));
    }
    engine.turns(3);
    engine.runner.failNextRun(new DeviceMemoryException("no memory", null));
    engine.turn();
    assertThat(engine.engine.stats().running()).isEqualTo(2);
    assertThat(engine.engine.stats().batchLimit()).isEqualTo(2);
    engine.runUntilIdle();
    for (int i = 0; i < 60; i++) {
      engine.ask(request(prompt(i, 5), 20));
    }
    for (int i = 0; i < 8; i++) {
      engine.submit(request(prompt(i, 5), 20));
    }
    engine.turn();

    assertThat(engine.engine.stats().running()).isEqualTo(8);
    assertThat(engine.engine.stats().batchLimit()).isEqualTo(8);
    engine.runUntilIdle();
  }

  @Test
  void cachedPrefixesAreGivenUpBeforeARequestIs() {
    engine.ask(request(prompt(1, 40), 2));
    engine.runner.memory(50);
    Client client = engine.ask(request(prompt(2, 30), 4));

    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 30), 0, 4));
  }

  @Test
  void sequenceThatFindsNoMemoryAloneEndsWithTheNumbersAndTheNextIsServed() {
    engine.runner.memory(20);
    Client large = engine.submit(request(prompt(1, 30), 4));
    Client small = engine.submit(request(prompt(2, 10), 4));
    engine.runUntilIdle();

    assertThat(large.code()).isEqualTo(EngineError.Code.OUT_OF_MEMORY);
    assertThat(large.error().message()).contains("30 tokens", "a memory for 20");
    assertThat(small.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 10), 0, 4));
  }

  @Test
  void answerThatOutgrowsTheMemoryKeepsWhatWasSaid() {
    engine.runner.memory(20);
    Client client = engine.ask(request(prompt(1, 10), 40));

    assertThat(client.code()).isEqualTo(EngineError.Code.OUT_OF_MEMORY);
    assertThat(client.tokens())
        .isNotEmpty()
        .isEqualTo(FakeRunner.answer(prompt(1, 10), 0, client.tokens().size()));
  }

  @Test
  void whoFindsNoMemoryForItsPrefixWaitsAndIsServed() {
    int[] system = prompt(1, 16);
    engine.ask(request(concat(system, prompt(2, 9)), 2));
    Client neighbour = engine.submit(request(prompt(3, 3), 9));
    engine.turn();
    engine.runner.failNextCopy(new DeviceMemoryException("no memory", null));
    Client client = engine.submit(request(concat(system, prompt(4, 9)), 2));
    engine.runUntilIdle();

    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(4, 9)), 0, 2));
    assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 3), 0, 9));
  }

  @Test
  void failureAtTheEndOfAStepIsTriedAgainToo() {
    Client first = engine.submit(request(prompt(1, 3), 9));
    Client second = engine.submit(request(prompt(2, 3), 9));
    engine.turns(3);
    engine.runner.failNextAwait(new DeviceMemoryException("no memory", null));
    engine.runUntilIdle();

    assertThat(first.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 3), 0, 9));
    assertThat(second.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 9));
  }
}
