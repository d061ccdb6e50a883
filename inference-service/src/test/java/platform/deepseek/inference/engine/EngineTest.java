package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;
import static platform.deepseek.inference.engine.Requests.scored;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.sampling.Sample;

@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class EngineTest {
  private final int stepsAhead;
  private final EngineUnderTest small;

  EngineTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
    small = EngineUnderTest.small(stepsAhead);
  }

  @Test
  void answerIsTheModelsAnswer() {
    Client client = small.ask(request(prompt(1, 10), 7));

    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 10), 0, 7));
    assertThat(client.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(client.usage()).isEqualTo(new Usage(10, 0, 7));
    assertThat(client.started()).isEqualTo(new TokenEvent.Started(0, List.of()));
  }

  @ParameterizedTest
  @CsvSource({"4, true, 0", "4, false, 0", "64, true, 0", "64, false, 0", "5, true, 9"})
  void outputIsTheSameAloneAndInABatch(int tokensPerStep, boolean prefixReuse, int kvBlocks) {
    var engine =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 4, 64),
            new EngineConfig(4, tokensPerStep, 1000, prefixReuse, 4, kvBlocks));
    var clients = new ArrayList<Client>();
    for (int i = 0; i < 16; i++) {
      clients.add(engine.submit(request(prompt(i, 1 + i), 16, "tenant", i, Set.of())));
    }
    engine.runUntilIdle();

    for (int i = 0; i < 16; i++) {
      assertThat(clients.get(i).tokens()).isEqualTo(FakeRunner.answer(prompt(i, 1 + i), i, 16));
    }
  }

  @Test
  void stopTokenEndsTheAnswerAndIsNotSent() {
    List<Integer> whole = FakeRunner.answer(prompt(2, 5), 0, 20);
    int stop = whole.get(6);
    int firstStop = whole.indexOf(stop);

    Client client = small.ask(request(prompt(2, 5), 20, "tenant", 0, Set.of(stop)));

    assertThat(client.tokens()).isEqualTo(whole.subList(0, firstStop));
    assertThat(client.reason()).isEqualTo(FinishReason.STOP);
    assertThat(client.usage().completionTokens()).isEqualTo(firstStop);
  }

  @Test
  void answerMayFillTheContextToItsLastToken() {
    Client client = small.ask(request(prompt(3, 32), 32));

    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 32), 0, 32));
  }

  @Test
  void requestBeyondTheMemoryFailsAtOnceWithTheNumbers() {
    Client client = small.submit(request(prompt(3, 33), 32));
    small.turn();

    assertThat(client.code()).isEqualTo(EngineError.Code.OUT_OF_MEMORY);
    assertThat(client.error().message()).contains("33", "32", "64");
    assertThat(client.error().retryAfter()).isNull();
  }

  @Test
  void memoryBudgetLimitsASequenceBelowItsRow() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 2, 64), config(2, 8, 5));

    assertThat(engine.engine.longestSequence()).isEqualTo(20);
    assertThat(engine.ask(request(prompt(1, 12), 8)).tokens()).hasSize(8);
    assertThat(engine.ask(request(prompt(1, 13), 8)).code())
        .isEqualTo(EngineError.Code.OUT_OF_MEMORY);
  }

  @Test
  void malformedRequestsAreTheCallersMistake() {
    assertThatThrownBy(() -> small.submit(request(new int[0], 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> small.submit(request(new int[] {FakeRunner.VOCABULARY}, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("97");
    assertThatThrownBy(() -> small.submit(request(prompt(1, 1), -1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void promptIsScoredTokenByTokenOverAllItsChunks() {
    int[] prompt = prompt(4, 21);

    Client client = small.ask(scored(prompt, 0));

    assertThat(client.started().promptScores()).isEqualTo(expectedScores(prompt));
    assertThat(client.tokens()).isEmpty();
    assertThat(client.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(client.usage()).isEqualTo(new Usage(21, 0, 0));
  }

  @Test
  void scoredPromptGoesOnToGenerate() {
    int[] prompt = prompt(4, 9);

    Client client = small.ask(scored(prompt, 3));

    assertThat(client.started().promptScores()).isEqualTo(expectedScores(prompt));
    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt, 0, 3));
  }

  @Test
  void scoredPromptIsComputedEvenWhenItsPrefixIsCached() {
    int[] prompt = prompt(4, 21);
    small.ask(request(prompt, 1));

    Client client = small.ask(scored(prompt, 0));

    assertThat(client.started().cachedTokens()).isZero();
    assertThat(client.started().promptScores()).isEqualTo(expectedScores(prompt));
  }

  @Test
  void promptOfOneTokenHasNoScores() {
    Client client = small.ask(scored(prompt(4, 1), 0));

    assertThat(client.started().promptScores()).isEmpty();
    assertThat(client.reason()).isEqualTo(FinishReason.LENGTH);
  }

  private static List<Sample> expectedScores(int[] prompt) {
    var scores = new ArrayList<Sample>();
    for (int i = 1; i < prompt.length; i++) {
      scores.add(new Sample(prompt[i], FakeRunner.score(prompt, i), List.of()));
    }
    return scores;
  }

  @Test
  void cancelledRequestFreesItsSlotWithinOneStep() {
    var client = new Client();
    Submission submission = small.engine.submit(request(prompt(1, 5), 50), client);
    small.turns(3);
    assertThat(small.engine.stats().running()).isOne();

    submission.cancel();
    small.turn();

    assertThat(client.reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(client.usage().completionTokens()).isEqualTo(client.tokens().size()).isPositive();
    assertThat(small.engine.stats().running()).isZero();
    assertThat(small.engine.stats().kvBlocksUsed()).isZero();
  }

  @Test
  void waitingRequestCanBeCancelledBeforeItStarts() {
    for (int i = 0; i < 4; i++) {
      small.submit(request(prompt(i, 2), 20));
    }
    var client = new Client();
    Submission submission = small.engine.submit(request(prompt(9, 2), 20), client);
    small.turn();
    submission.cancel();
    small.turn();

    assertThat(client.reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(client.started()).isNull();
    assertThat(small.engine.stats().waiting()).isZero();
    small.runUntilIdle();
  }

  @Test
  void cancellingAfterTheEndDoesNothing() {
    var client = new Client();
    Submission submission = small.engine.submit(request(prompt(1, 5), 2), client);
    small.runUntilIdle();
    submission.cancel();
    submission.cancel();
    small.turn();

    assertThat(client.reason()).isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void conversationGoesOnWhereItsCacheEnds() {
    int[] first = prompt(1, 12);
    Client answer = small.ask(request(first, 5));
    int[] history = concat(first, answer.tokens().stream().mapToInt(Integer::intValue).toArray());
    int[] second = concat(history, prompt(2, 4));

    Client client = small.ask(request(second, 5));

    // 12 + 5 tokens, of which the last was never computed: four full blocks.
    assertThat(client.started().cachedTokens()).isEqualTo(16);
    assertThat(client.usage()).isEqualTo(new Usage(21, 16, 5));
    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(second, 0, 5));
    assertThat(small.runner.copies()).isZero();
  }

  @Test
  void statsCountRunningWaitingAndBlocks() {
    for (int i = 0; i < 6; i++) {
      small.submit(request(prompt(i, 2), 10));
    }
    small.turn();

    EngineStats stats = small.engine.stats();
    assertThat(stats).isEqualTo(new EngineStats(1, 0, 4, 2, 4, 4, 0, 64, Optional.empty()));
    assertThat(stats.kvUsage()).isEqualTo(4 / 64.0);
    small.runUntilIdle();
    // 2 prompt tokens and 9 computed answer tokens are 3 blocks; four slots keep theirs.
    assertThat(small.engine.stats())
        .isEqualTo(new EngineStats(1, 0, 0, 0, 4, 0, 12, 64, Optional.empty()));
  }
}
