package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;
import static platform.deepseek.inference.engine.Requests.scored;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A prompt that several requests have in common is computed once, though they come together. */
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class SharedPromptTest {
  private final int stepsAhead;
  private static final int BLOCK = 4;

  SharedPromptTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 21, 24, 40})
  void choicesOfOnePromptComputeItOnce(int length) {
    for (int tokensPerStep : new int[] {8, 13, 64}) {
      var engine =
          new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(4, tokensPerStep, 0));
      int[] prompt = prompt(length, length);
      List<Client> choices = new ArrayList<>();
      for (int seed = 0; seed < 4; seed++) {
        choices.add(engine.submit(request(prompt, 6, "tenant", seed, Set.of())));
      }
      engine.runUntilIdle();

      int rest = length - (length - 1) / BLOCK * BLOCK;
      assertThat(promptTokens(engine)).isEqualTo(length + 3 * rest);
      for (int seed = 0; seed < 4; seed++) {
        assertThat(choices.get(seed).tokens()).isEqualTo(FakeRunner.answer(prompt, seed, 6));
        assertThat(choices.get(seed).usage().cachedTokens())
            .isEqualTo(seed == 0 ? 0 : length - rest);
      }
    }
  }

  /** Tokens computed of prompts, those of answers not counted. */
  private static int promptTokens(EngineUnderTest engine) {
    return engine.runner.steps().stream()
        .flatMap(step -> step.entries().stream())
        .mapToInt(
            entry ->
                Math.clamp(entry.sequence().promptLength() - (long) entry.from(), 0, entry.count()))
        .sum();
  }

  @Test
  void requestsThatComeTogetherComputeTheirCommonBeginningOnce() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(4, 64, 0));
    int[] system = prompt(1, 16);
    Client first = engine.submit(request(concat(system, prompt(2, 5)), 3));
    Client second = engine.submit(request(concat(system, prompt(3, 7)), 3));
    engine.runUntilIdle();

    assertThat(promptTokens(engine)).isEqualTo(16 + 5 + 7);
    assertThat(second.usage().cachedTokens()).isEqualTo(16);
    assertThat(first.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(2, 5)), 0, 3));
    assertThat(second.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(3, 7)), 0, 3));
  }

  @Test
  void sharedPromptWaitsForNoMoreThanItsOwnChunk() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(4, 64, 0));
    int[] prompt = prompt(1, 21);
    for (int i = 0; i < 4; i++) {
      engine.submit(request(prompt, 6));
    }
    engine.turns(1 + stepsAhead);

    assertThat(engine.runner.steps().get(stepsAhead - 1).entries()).hasSize(1);
    assertThat(engine.runner.lastStep().entries()).hasSize(4);
    engine.runUntilIdle();
  }

  @Test
  void unrelatedPromptsAreNotDelayed() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(4, 64, 0));
    engine.submit(request(prompt(1, 12), 6));
    engine.submit(request(prompt(2, 12), 6));
    engine.submit(request(concat(prompt(1, 3), prompt(3, 9)), 6)); // less than a block in common
    engine.submit(request(prompt(1, 12), 6, "another tenant"));
    engine.turn();

    assertThat(engine.runner.lastStep().entries()).hasSize(4);
    engine.runUntilIdle();
  }

  @Test
  void orderOfArrivalIsKeptWhenTheHeadWaits() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(4, 64, 0));
    engine.submit(request(prompt(1, 12), 6));
    engine.submit(request(prompt(1, 12), 6));
    engine.submit(request(prompt(2, 12), 6));
    engine.turns(stepsAhead);
    assertThat(engine.runner.lastStep().entries()).hasSize(1);
    engine.turn();
    assertThat(engine.runner.lastStep().entries()).hasSize(3);
    engine.runUntilIdle();
  }

  @Test
  void nobodyWaitsWhereReuseIsOffOrNotAllowed() {
    var config = new EngineConfig(4, 64, 1000, false, BLOCK, 0);
    var without = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config);
    without.submit(request(prompt(1, 12), 6));
    without.submit(request(prompt(1, 12), 6));
    without.turn();
    assertThat(without.runner.lastStep().entries()).hasSize(2);
    without.runUntilIdle();

    var scoring = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(4, 64, 0));
    scoring.submit(request(prompt(1, 12), 6));
    scoring.submit(scored(prompt(1, 12), 6));
    scoring.turn();
    assertThat(scoring.runner.lastStep().entries()).hasSize(2);
    scoring.runUntilIdle();
  }

  @Test
  void whoWaitedForARunThatFailedComputesItself() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(4, 64, 0));
    Client first = engine.submit(request(prompt(1, 12), 6));
    Client second = engine.submit(request(prompt(1, 12), 6));
    engine.runner.failNextRun(new IllegalStateException("no kernel"));
    engine.runUntilIdle();

    assertThat(first.code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
    assertThat(second.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 12), 0, 6));
    assertThat(second.usage().cachedTokens()).isZero();
  }
}
