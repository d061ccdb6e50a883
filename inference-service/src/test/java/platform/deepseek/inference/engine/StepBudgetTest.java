package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepBudgetTest {
  private static final int MOST = 8192;

  private final StepBudget budget = new StepBudget(MOST, Duration.ofMillis(25));

  /**
   * A device that takes 5 ms and 10 microseconds more for each token. 64 streams alone take 5.64
   * ms, so with prompts a step may take 14.1 ms, which is 910 tokens.
   */
  private static Duration time(double tokens) {
    return Duration.ofNanos((long) (5_000_000 + 10_000 * tokens));
  }

  private void measure(int tokens) {
    budget.measured(tokens, time(tokens));
  }

  @Test
  void unknownDeviceGetsWholeSteps() {
    assertThat(budget.tokens(4, 0)).isEqualTo(MOST);
    measure(64);
    measure(64);
    assertThat(budget.tokens(4, 0)).isEqualTo(MOST);
  }

  @Test
  void twoDifferentStepsTellTheTime() {
    measure(64);
    measure(1000);

    assertThat(budget.tokens(64, 0)).isCloseTo(910, within(2));
  }

  @Test
  void manyStreamsLeaveMoreRoomUpToTheTarget() {
    measure(64);
    measure(1000);

    assertThat(budget.tokens(1, 0)).isCloseTo(753, within(2));
    assertThat(budget.tokens(400, 0)).isCloseTo(1750, within(2));
    assertThat(budget.tokens(800, 0)).isCloseTo(2000, within(2));
  }

  @Test
  void whoWaitsForAFirstTokenCountsAsMuchAsWhoWaitsForTheNext() {
    measure(64);
    measure(1000);

    assertThat(budget.tokens(64, 1)).isCloseTo(932, within(2));
    assertThat(budget.tokens(64, 32)).isCloseTo(1615, within(2));
    assertThat(budget.tokens(64, 1000)).isCloseTo(2000, within(2)); // 25 ms
  }

  @Test
  void promptsHaveTheirTimeWhereStreamsAloneAreFast() {
    // 1 ms and 5 microseconds a token: 100 streams alone take 1.5 ms, and 8 ms go unnoticed.
    budget.measured(100, Duration.ofNanos(1_500_000));
    budget.measured(2100, Duration.ofNanos(11_500_000));

    assertThat(budget.tokens(100, 0)).isCloseTo(1400, within(2));
  }

  @Test
  void withoutStreamsOrATargetStepsAreWhole() {
    measure(64);
    measure(1000);
    var off = new StepBudget(MOST, Duration.ZERO);
    off.measured(64, time(64));
    off.measured(1000, time(1000));

    assertThat(budget.tokens(0, 0)).isEqualTo(MOST);
    assertThat(off.tokens(64, 0)).isEqualTo(MOST);
  }

  @Test
  void hoursOfEqualStepsDoNotWashOutWhatPromptsCost() {
    measure(64);
    measure(1000);
    for (int i = 0; i < 1_000_000; i++) {
      measure(64);
    }

    assertThat(budget.tokens(64, 0)).isCloseTo(910, within(20));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void noiseAveragesOut(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      int tokens = random.nextInt(3) == 0 ? 200 + random.nextInt(3000) : 60 + random.nextInt(8);
      budget.measured(tokens, time(tokens).plusNanos((long) (random.nextGaussian() * 1_000_000)));
    }

    assertThat(budget.tokens(64, 0)).isBetween(800, 1020);
  }

  @Test
  void slowerDeviceIsNoticed() {
    for (int i = 0; i < 50; i++) {
      measure(i % 2 == 0 ? 64 : 2000);
    }
    for (int i = 0; i < 200; i++) {
      int tokens = i % 2 == 0 ? 64 : 1000;
      budget.measured(tokens, time(tokens).multipliedBy(2));
    }

    // 10 ms and 20 microseconds a token: 25 ms are less than 2.5 times what streams take alone.
    assertThat(budget.tokens(64, 0)).isCloseTo(750, within(10));
  }

  @Test
  void promptsAdvanceUnderATargetThatCannotBeMet() {
    for (int i = 0; i < 20; i++) {
      int tokens = i % 2 == 0 ? 64 : 1000;
      budget.measured(tokens, time(tokens).multipliedBy(10));
    }

    assertThat(budget.tokens(64, 0)).isEqualTo(64 + StepBudget.FEWEST_PROMPT_TOKENS);
    assertThat(new StepBudget(70, Duration.ofNanos(1)).tokens(64, 0)).isEqualTo(70);
  }

  @Test
  void timesThatDoNotGrowWithTokensLimitNothing() {
    budget.measured(64, Duration.ofMillis(30));
    budget.measured(1000, Duration.ofMillis(30));
    budget.measured(2000, Duration.ofMillis(29));

    assertThat(budget.tokens(64, 0)).isEqualTo(MOST);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void engineKeepsStepsNearTheTargetWhileStreamsRun(int stepsAhead) {
    var config = new EngineConfig(4, 400, 1000, true, 4, 0, Duration.ofMillis(8));
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 1024), config);
    engine.runner.whileAwaited(
        step -> engine.pass(Duration.ofMillis(2).plusNanos(step.tokens() * 40_000L)));
    engine.ask(request(prompt(1, 900), 2));
    assertThat(engine.runner.steps().getFirst().tokens()).isEqualTo(400);

    Client stream = engine.submit(request(prompt(2, 3), 60));
    engine.turns(4);
    int before = engine.runner.steps().size();
    Client client = engine.submit(request(prompt(3, 900), 2));
    engine.runUntilIdle();

    // 8 ms are 150 tokens; 2.5 times what the stream takes alone would be 77.
    assertThat(engine.runner.steps().subList(before, before + 5))
        .allSatisfy(step -> assertThat(step.tokens()).isBetween(135, 165));
    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 900), 0, 2));
    assertThat(stream.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 60));
  }
}
