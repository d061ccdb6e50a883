package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.draft.DraftSource;

/** A step brings as many tokens of a sequence as were guessed right, and no others. */
class SpeculationTest {

  private static final int DRAFT = 4;
  private static final int LENGTH = 20;

  private final Drafts drafts = new Drafts();
  private final EngineUnderTest engine = engine(1, 4, 0);

  @Test
  void predictionThatIsTheAnswerBringsItInFewerSteps() {
    List<Integer> answer = answer(1);
    Client client = engine.ask(request(prompt(1, 5), LENGTH).predicting(array(answer)));

    assertThat(client.tokens()).isEqualTo(answer);
    assertThat(client.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(client.usage()).isEqualTo(new Usage(5, 0, LENGTH));
    assertThat(engine.runner.steps()).hasSizeLessThan(LENGTH / 3);
    assertThat(drafts.wrong(DraftSource.PREDICTION)).isZero();
    assertThat(drafts.right(DraftSource.PREDICTION))
        .isEqualTo(LENGTH - engine.runner.steps().size());
  }

  @Test
  void draftsNeverGoBeyondTheTokensAskedFor() {
    for (int length = 1; length <= 2 * DRAFT; length++) {
      Client client = engine.ask(request(prompt(1, 5), length).predicting(array(answer(1))));
      assertThat(client.tokens()).isEqualTo(answer(1).subList(0, length));
      assertThat(engine.runner.lastStep().tokens()).isLessThanOrEqualTo(length + 4);
    }
  }

  @Test
  void stopTokenInsideADraftEndsTheAnswerThere() {
    List<Integer> answer = answer(1);
    int stop = answer.get(6);
    int end = answer.indexOf(stop);
    Client client =
        engine.ask(
            request(prompt(1, 5), LENGTH, "tenant", 0, Set.of(stop)).predicting(array(answer)));

    assertThat(client.tokens()).isEqualTo(answer.subList(0, end));
    assertThat(client.reason()).isEqualTo(FinishReason.STOP);
    assertThat(client.usage().completionTokens()).isEqualTo(end);
    assertThat(engine.engine.stats().kvBlocksUsed()).isZero();
  }

  @Test
  void clientThatLeavesInTheMiddleOfADraftHearsNoMore() {
    var client = new Client();
    client.also(
        event -> {
          if (client.tokens().size() == 3) {
            throw new IllegalStateException("gone");
          }
        });
    engine.engine.submit(request(prompt(1, 5), LENGTH).predicting(array(answer(1))), client);
    engine.runUntilIdle();

    assertThat(client.tokens()).isEqualTo(answer(1).subList(0, 3));
    assertThat(engine.engine.stats().running()).isZero();
  }

  @Test
  void prefixOfADraftedAnswerIsReused() {
    List<Integer> answer = answer(1);
    engine.ask(request(prompt(1, 5), LENGTH).predicting(array(answer)));
    int[] longer = Requests.concat(prompt(1, 5), array(answer));
    Client client = engine.ask(request(longer, 6));

    assertThat(client.usage().cachedTokens()).isEqualTo(24);
    assertThat(client.tokens()).isEqualTo(ask(longer, 6));
  }

  @Test
  void withoutSpeculationThereAreNoDrafts() {
    var config = new EngineConfig(4, 16, 1000, true, 4, 0, Duration.ZERO, false);
    var plain = new EngineUnderTest(FakeRunner.repeating(1, 4, 64, DRAFT), config, drafts);
    plain.ask(request(prompt(1, 5), LENGTH).predicting(array(answer(1))));

    assertThat(plain.runner.steps()).hasSize(LENGTH);
    assertThat(drafts.right() + drafts.wrong()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void whoseChoicesDependOnWhatWasSaidHasNoDrafts(int stepsAhead) {
    EngineUnderTest some = engine(stepsAhead, 4, 0);
    int[] prediction = array(answer(1));
    some.ask(Requests.penalized(prompt(1, 5), 9).predicting(prediction));
    some.ask(Requests.constrained(prompt(1, 5), 9, new Rising()).predicting(prediction));
    some.ask(Requests.scored(prompt(1, 5), 9).predicting(prediction));

    assertThat(drafts.right() + drafts.wrong()).isZero();
  }

  /** Blocks of 4 for two sequences that fill them: there is no room for a draft, and no need. */
  @Test
  void draftsTakeNobodysRoom() {
    EngineUnderTest full = engine(1, 2, 16);
    Client first =
        full.submit(request(prompt(1, 20), 12).predicting(array(ask(prompt(1, 20), 12))));
    Client second = full.submit(request(prompt(2, 20), 12));
    full.runUntilIdle();

    assertThat(drafts.preemptions()).isZero();
    assertThat(first.tokens()).isEqualTo(ask(prompt(1, 20), 12));
    assertThat(second.tokens()).isEqualTo(ask(prompt(2, 20), 12));
  }

  @Test
  void draftsLeaveOtherSequencesTheirTokensOfTheStep() {
    EngineUnderTest narrow =
        new EngineUnderTest(FakeRunner.repeating(1, 4, 64, DRAFT), config(4, 6, 0), drafts);
    Client stream = narrow.submit(request(prompt(1, 5), LENGTH).predicting(array(answer(1))));
    narrow.turn();
    narrow.submit(request(prompt(2, 30), 1));
    narrow.turn();

    assertThat(stream.tokens()).hasSize(3);
    assertThat(narrow.runner.lastStep().entries().getFirst().draft().isEmpty()).isTrue();
    assertThat(narrow.runner.lastStep().entries().getLast().count()).isEqualTo(5);
    narrow.runUntilIdle();
    assertThat(stream.tokens()).isEqualTo(answer(1));
  }

  @Test
  void memoryThatRanOutInAStepWithADraftIsTriedAgainWithoutOne() {
    engine.submit(request(prompt(9, 5), 1));
    engine.turn();
    Client client = engine.submit(request(prompt(1, 5), LENGTH).predicting(array(answer(1))));
    engine.turn();
    engine.runner.failNextRun(new DeviceMemoryException("no memory", null));
    engine.runUntilIdle();

    assertThat(client.tokens()).isEqualTo(answer(1));
  }

  private EngineUnderTest engine(int stepsAhead, int slots, int blocks) {
    return new EngineUnderTest(
        FakeRunner.repeating(stepsAhead, slots, 64, DRAFT), config(slots, 16, blocks), drafts);
  }

  private static List<Integer> answer(int name) {
    return ask(prompt(name, 5), LENGTH);
  }

  /** What is said without drafts. */
  private static List<Integer> ask(int[] prompt, int length) {
    return new EngineUnderTest(FakeRunner.repeating(1, 1, 64, 0), config(1, 16, 0))
        .ask(request(prompt, length))
        .tokens();
  }

  private static int[] array(List<Integer> tokens) {
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }
}
