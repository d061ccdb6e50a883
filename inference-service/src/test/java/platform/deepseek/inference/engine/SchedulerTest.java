package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;
import static platform.deepseek.inference.engine.Requests.scored;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class SchedulerTest {
  private final int stepsAhead;

  SchedulerTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
  }

  @Test
  void longPromptComesInChunksWithinTheBudget() {
    var engine = EngineUnderTest.small(stepsAhead);
    engine.ask(request(prompt(1, 20), 2));

    assertThat(shape(engine.runner.steps())).containsExactly("8", "8", "4*", "1*");
  }

  @Test
  void streamsAdvanceInEveryStepOfALongPrompt() {
    var engine = EngineUnderTest.small(stepsAhead);
    engine.submit(request(prompt(1, 3), 10));
    engine.turn();
    engine.submit(request(prompt(2, 20), 2));
    engine.turns(4);

    assertThat(shape(engine.runner.steps()))
        .containsExactly("3*", "1* 7", "1* 7", "1* 6*", "1* 1*");
    engine.runUntilIdle();
  }

  @Test
  void noStepExceedsTheBudgetOrTheBatch() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 8, 64), config(3, 7, 0));
    for (int i = 0; i < 20; i++) {
      engine.submit(request(prompt(i, 1 + i), 1 + i % 5));
    }
    engine.runUntilIdle();

    assertThat(engine.runner.steps())
        .allSatisfy(
            step -> {
              assertThat(step.tokens()).isBetween(1, 7);
              assertThat(step.entries()).hasSizeLessThanOrEqualTo(3);
            });
  }

  @Test
  void severalPromptsShareOneStep() {
    var engine = EngineUnderTest.small(stepsAhead);
    engine.submit(request(prompt(1, 3), 2));
    engine.submit(request(prompt(2, 3), 2));
    engine.submit(request(prompt(3, 3), 2));
    engine.turns(2);

    assertThat(shape(engine.runner.steps())).containsExactly("3* 3* 2", "1* 1* 1*");
    engine.runUntilIdle();
  }

  @Test
  void requestsStartInTheOrderTheyCame() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 1, 64), config(1, 8, 0));
    var order = new StringBuilder();
    for (String name : List.of("a", "b", "c")) {
      engine.engine.submit(
          request(prompt(name.charAt(0), 3), 2),
          event -> {
            if (event instanceof TokenEvent.Started) {
              order.append(name);
            }
          });
    }
    engine.runUntilIdle();

    assertThat(order).hasToString("abc");
  }

  @Test
  void preemptedSequenceKeepsItsTokens() {
    var preemptions = new AtomicInteger();
    var engine = crowded(preemptions);
    Client older = engine.submit(request(prompt(1, 8), 20, "one"));
    Client younger = engine.submit(request(prompt(2, 8), 20, "two"));
    engine.runUntilIdle();

    assertThat(preemptions.get()).isPositive();
    assertThat(older.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 8), 0, 20));
    assertThat(younger.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 8), 0, 20));
    assertThat(younger.usage()).isEqualTo(new Usage(8, 0, 20));
  }

  @Test
  void youngestIsPreemptedAndOldestNeverWaits() {
    var engine = crowded(new AtomicInteger());
    Client older = engine.submit(request(prompt(1, 8), 20, "one"));
    Client younger = engine.submit(request(prompt(2, 8), 20, "two"));
    engine.steps(2 + 19);
    engine.turns(stepsAhead - 1); // no step is made while the younger one's room is missing

    assertThat(older.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(younger.ended()).isFalse();
    engine.runUntilIdle();
  }

  @Test
  void preemptedSequenceResumesBeforeNewOnesStart() {
    var engine = crowded(new AtomicInteger());
    engine.submit(request(prompt(1, 8), 20, "one"));
    Client younger = engine.submit(request(prompt(2, 8), 20, "two"));
    Client newcomer = engine.submit(request(prompt(3, 2), 2, "three"));
    engine.runUntilIdle();

    assertThat(younger.tokens()).hasSize(20);
    assertThat(newcomer.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 2), 0, 2));
  }

  @Test
  void scoresSurvivePreemptionInTheMiddleOfThePrompt() {
    var preemptions = new AtomicInteger();
    var engine =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 2, 64), config(2, 3, 9), counting(preemptions));
    Client older = engine.submit(request(prompt(1, 3), 25, "one"));
    engine.turns(2);
    Client scored = engine.submit(scored(prompt(2, 26), 2));
    engine.runUntilIdle();

    assertThat(preemptions.get()).isPositive();
    assertThat(older.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 3), 0, 25));
    assertThat(scored.started().promptScores()).hasSize(25);
    for (int i = 1; i < 26; i++) {
      assertThat(scored.started().promptScores().get(i - 1).logprob())
          .isEqualTo(FakeRunner.score(prompt(2, 26), i));
    }
    assertThat(scored.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 26), 0, 2));
  }

  @Test
  void nobodyIsAdmittedInAStepThatPreempted() {
    var preemptedNow = new AtomicInteger();
    var engine = crowded(preemptedNow);
    engine.submit(request(prompt(1, 8), 20, "one"));
    engine.submit(request(prompt(2, 8), 20, "two"));
    engine.submit(request(prompt(3, 1), 1, "three"));
    for (int i = 0; i < 100 && preemptedNow.get() == 0; i++) {
      engine.turn();
    }

    assertThat(preemptedNow).hasValue(1);
    assertThat(engine.runner.lastStep().entries()).hasSize(1);
    engine.runUntilIdle();
  }

  /** Two sequences of 28 tokens in a memory of 40. */
  private EngineUnderTest crowded(AtomicInteger preemptions) {
    return new EngineUnderTest(
        new FakeRunner(stepsAhead, 2, 64), config(2, 8, 10), counting(preemptions));
  }

  private static EngineObserver counting(AtomicInteger preemptions) {
    return new EngineObserver() {
      @Override
      public void preempted() {
        preemptions.incrementAndGet();
      }
    };
  }

  /** A step as the counts of its entries; a star where one samples. */
  private static List<String> shape(List<Step> steps) {
    return steps.stream()
        .map(
            step ->
                String.join(
                    " ",
                    step.entries().stream()
                        .map(entry -> entry.count() + (entry.samples() ? "*" : ""))
                        .toList()))
        .toList();
  }
}
