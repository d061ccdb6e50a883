package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.constrained;
import static platform.deepseek.inference.engine.Requests.embedding;
import static platform.deepseek.inference.engine.Requests.penalized;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;
import static platform.deepseek.inference.engine.Requests.scored;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two steps under way at once: what is in the second before the first has ended. */
class StepsAheadTest {
  private final EngineUnderTest engine = EngineUnderTest.small(2);

  @Test
  void nextStepIsStartedBeforeTheFirstHasEnded() {
    Client client = engine.submit(request(prompt(1, 3), 5));
    engine.turn();
    assertThat(client.started()).isNull();
    assertThat(engine.runner.underWay()).isOne();

    engine.turn();

    assertThat(client.tokens()).hasSize(1);
    assertThat(engine.runner.underWay()).isOne();
    Step.Entry ahead = engine.runner.lastStep().entries().getFirst();
    assertThat(ahead.from()).isEqualTo(3);
    assertThat(ahead.pending()).isTrue();
    assertThat(ahead.samples()).isTrue();
    assertThat(ahead.samplePosition()).isOne();
    engine.runUntilIdle();
  }

  @Test
  void limitIsNeverOverrun() {
    engine.ask(request(prompt(1, 3), 5));

    // Three tokens of the prompt and four of the answer: the fifth needs no keys and values.
    assertThat(engine.runner.steps()).hasSize(5);
    assertThat(engine.runner.steps().stream().mapToInt(Step::tokens).sum()).isEqualTo(3 + 4);
  }

  @Test
  void promptWithoutAnAnswerIsComputedOnce() {
    assertThat(engine.ask(request(prompt(1, 12), 0)).reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(engine.runner.steps().stream().mapToInt(Step::tokens).sum()).isEqualTo(12);
  }

  @Test
  void whatFollowsAStopTokenIsDropped() {
    List<Integer> whole = FakeRunner.answer(prompt(2, 5), 0, 20);
    int stop = whole.get(6);
    int end = whole.indexOf(stop);

    Client client = engine.submit(request(prompt(2, 5), 20, "tenant", 0, Set.of(stop)));
    while (!client.ended()) {
      engine.turn();
    }

    assertThat(client.tokens()).isEqualTo(whole.subList(0, end));
    assertThat(client.usage().completionTokens()).isEqualTo(end);
    assertThat(engine.runner.steps()).hasSize(end + 2);
    assertThat(engine.runner.underWay()).isOne();
    assertThat(engine.engine.stats().running()).isZero();
    engine.turn();
    assertThat(engine.runner.underWay()).isZero();
  }

  @Test
  void slotIsGivenOnWhileTheLastStepOfItsSequenceIsUnderWay() {
    var single = new EngineUnderTest(new FakeRunner(2, 1, 64), config(1, 8, 0));
    int stop = FakeRunner.answer(prompt(2, 5), 0, 1).getFirst();
    Client first = single.submit(request(prompt(2, 5), 20, "tenant", 0, Set.of(stop)));
    Client second = single.submit(request(prompt(3, 5), 9));
    single.turns(3);

    assertThat(first.reason()).isEqualTo(FinishReason.STOP);
    assertThat(single.runner.lastStep().entries().getFirst().from()).isZero();
    single.runUntilIdle();
    assertThat(second.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 5), 0, 9));
  }

  @Test
  void whoMustKnowItsTokenSitsOneStepOutAndOthersDoNot() {
    Client constrained = engine.submit(constrained(prompt(1, 2), 6, new Rising()));
    Client penalized = engine.submit(penalized(prompt(2, 2), 6));
    Client free = engine.submit(request(prompt(3, 2), 12));
    engine.runUntilIdle();

    List<Step> steps = engine.runner.steps();
    for (int i = 0; i < 12; i++) {
      assertThat(steps.get(i).entries()).hasSize(i % 2 == 0 ? 3 : 1);
    }
    assertThat(steps.stream().flatMap(step -> step.entries().stream()))
        .filteredOn(Step.Entry::pending)
        .hasSize(11)
        .allMatch(entry -> entry.sequence().promptLength() == 2);
    var alone = EngineUnderTest.small(1);
    assertThat(constrained.tokens())
        .isEqualTo(alone.ask(constrained(prompt(1, 2), 6, new Rising())).tokens());
    assertThat(penalized.tokens()).isEqualTo(alone.ask(penalized(prompt(2, 2), 6)).tokens());
    assertThat(free.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 2), 0, 12));
  }

  @Test
  void chunksOfPromptsAndNewRequestsAreStartedAhead() {
    engine.submit(request(prompt(1, 20), 3));
    engine.turn();
    engine.turn();
    assertThat(engine.runner.lastStep().entries().getFirst().from()).isEqualTo(8);
    engine.turn();
    engine.submit(request(prompt(2, 3), 3));
    engine.turn();

    assertThat(engine.runner.lastStep().entries()).hasSize(2);
    assertThat(engine.runner.underWay()).isOne();
    engine.runUntilIdle();
  }

  @Test
  void constrainedPromptComesAheadUntilItsFirstTokenIsChosen() {
    engine.submit(constrained(prompt(1, 20), 3, new Rising()));
    engine.turns(3);

    assertThat(engine.runner.steps()).hasSize(3);
    assertThat(engine.runner.underWay()).isEqualTo(1);
    assertThat(engine.runner.lastStep().entries().getFirst().samples()).isTrue();
    engine.runUntilIdle();
  }

  @Test
  void embeddingWaitsForTheSumOfItsEarlierChunksAndNobodyOvertakesIt() {
    Client stream = engine.submit(request(prompt(2, 3), 20));
    engine.turns(2);
    Client embedded = engine.submit(embedding(prompt(1, 21)));
    Client behind = engine.submit(request(prompt(3, 12), 2));
    engine.turns(2);

    assertThat(engine.runner.steps().get(2).entries()).hasSize(2);
    assertThat(engine.runner.steps().get(3).entries()).hasSize(1);
    engine.runUntilIdle();
    assertThat(embedded.started().embedding()).isEqualTo(EmbeddingTest.expected(prompt(1, 21)));
    assertThat(stream.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 20));
    assertThat(behind.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 12), 0, 2));
  }

  @Test
  void scoresAreAskedForThePromptAlone() {
    engine.ask(scored(prompt(4, 12), 4));

    assertThat(engine.runner.steps().stream().flatMap(step -> step.entries().stream()))
        .filteredOn(Step.Entry::scores)
        .allMatch(entry -> entry.from() < 12);
  }

  @Test
  void nobodyLosesItsSlotWhileAStepIsUnderWay() {
    var runner = new FakeRunner(2, 2, 64);
    var underWay = new ArrayList<Integer>();
    var crowded =
        new EngineUnderTest(
            runner,
            config(2, 8, 10),
            new EngineObserver() {
              @Override
              public void preempted() {
                underWay.add(runner.underWay());
              }
            });
    Client older = crowded.submit(request(prompt(1, 8), 20, "one"));
    Client younger = crowded.submit(request(prompt(2, 8), 20, "two"));
    crowded.runUntilIdle();

    assertThat(underWay).isNotEmpty().containsOnly(0);
    assertThat(older.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 8), 0, 20));
    assertThat(younger.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 8), 0, 20));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void failureEndsAllThatIsUnderWay(boolean atStart) {
    int[] system = prompt(9, 8);
    engine.ask(request(concat(system, prompt(8, 3)), 2));
    Client first = engine.submit(request(concat(system, prompt(1, 3)), 9));
    engine.turns(2);
    Client second = engine.submit(request(concat(system, prompt(2, 3)), 9));
    if (atStart) {
      engine.runner.failNextRun(new IllegalStateException("no kernel"));
    } else {
      engine.runner.failNextAwait(new IllegalStateException("no kernel"));
    }
    engine.turns(2);

    assertThat(first.code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
    assertThat(second.code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
    assertThat(engine.runner.underWay()).isZero();
    assertThat(engine.engine.stats().kvBlocksUsed()).isZero();
    Client again = engine.ask(request(concat(system, prompt(2, 3)), 9));
    assertThat(again.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(2, 3)), 0, 9));
  }

  @Test
  void contentOfASlotWhoseStepFailsAfterItsRequestLeftIsNotReused() {
    int[] prompt = prompt(1, 16);
    var client = new Client();
    Submission submission = engine.engine.submit(request(prompt, 9), client);
    engine.turns(3);
    engine.runner.failNextAwait(new IllegalStateException("no kernel"));
    engine.turn();
    submission.cancel();
    engine.turns(2);

    assertThat(client.reason()).isEqualTo(FinishReason.CANCELLED);
    Client again = engine.ask(request(prompt, 5));
    assertThat(again.started().cachedTokens()).isZero();
    assertThat(again.tokens()).isEqualTo(FakeRunner.answer(prompt, 0, 5));
  }

  @Test
  void cancellationFreesMemoryWhileAStepIsUnderWay() {
    var client = new Client();
    Submission submission = engine.engine.submit(request(prompt(1, 5), 50), client);
    engine.turns(3);
    int heard = client.tokens().size();
    submission.cancel();
    client.also(
        event -> {
          assertThat(event).isInstanceOf(TokenEvent.Finished.class);
          assertThat(engine.runner.underWay()).isOne();
        });
    engine.turn();

    assertThat(client.reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(client.tokens()).hasSize(heard);
    assertThat(engine.engine.stats().kvBlocksUsed()).isZero();
    assertThat(engine.runner.underWay()).isZero();
  }

  @Test
  void timesOfStepsDoNotOverlapAndDroppedTokensAreNotCounted() {
    var millis = new ArrayList<Long>();
    var generated = new ArrayList<Integer>();
    var observed =
        new EngineUnderTest(
            new FakeRunner(2, 4, 64),
            config(4, 8, 0),
            new EngineObserver() {
              @Override
              public void stepCompleted(int sequences, int tokens, int brought, Duration duration) {
                millis.add(duration.toMillis());
                generated.add(brought);
              }
            });
    observed.runner.beforeRun(() -> observed.pass(Duration.ofMillis(20)));
    int stop = FakeRunner.answer(prompt(2, 5), 0, 1).getFirst();
    observed.submit(request(prompt(2, 5), 20, "tenant", 0, Set.of(stop)));
    observed.runUntilIdle();
    observed.turn();

    assertThat(millis).containsExactly(40L, 0L);
    assertThat(generated).containsExactly(1, 0);
  }

  @Test
  void memoryThatRunsOutBehindAFailedStepDoesNotMakeItsContentRight() {
    Client client = engine.submit(request(prompt(1, 3), 9));
    engine.turns(2);
    engine.runner.failNextAwait(new IllegalStateException("no result"));
    engine.runner.beforeRun(
        () -> {
          if (engine.runner.underWay() == 1 && engine.runner.failing()) {
            engine.runner.failNextRun(new DeviceMemoryException("no memory", null));
          }
        });
    engine.runUntilIdle();

    assertThat(client.code()).isEqualTo(EngineError.Code.RUNNER_FAILED);
    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 3), 0, 9).subList(0, 2));
  }
}
