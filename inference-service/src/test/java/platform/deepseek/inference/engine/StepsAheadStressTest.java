package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.inference.sampling.SamplingParams;

/**
 * Random requests of every kind, in a memory that is too small, some taken back, some hit by a
 * failure: whatever the number of steps under way, and of drafts in them, nobody hears another
 * token than alone and without drafts.
 */
class StepsAheadStressTest {
  private static final int REQUESTS = 500;
  private static final int CONTEXT = 48;

  private record Asked(Supplier<GenerationRequest> request, Client client, Submission submission) {}

  @ParameterizedTest
  @CsvSource({
    "1, 0, 1", "2, 0, 1", "2, 0, 2", "2, 0, 3", "2, 0, 4", "3, 0, 1", "3, 0, 2", "1, 1, 1",
    "1, 2, 2", "1, 4, 3", "1, 7, 4", "1, 7, 5", "1, 15, 6", "2, 3, 7", "2, 7, 8", "3, 4, 9"
  })
  void everyAnswerIsTheSoloAnswer(int stepsAhead, int drafts, long seed) {
    var random = new Random(seed);
    int slots = 2 + random.nextInt(5);
    int maxBatch = 1 + random.nextInt(slots);
    int blockTokens = 1 + random.nextInt(6);
    int blocks = Math.ceilDiv(CONTEXT, blockTokens);
    var config =
        new EngineConfig(
            maxBatch,
            maxBatch + random.nextInt(12),
            REQUESTS,
            random.nextInt(4) > 0,
            blockTokens,
            blocks + random.nextInt(blocks));
    var counted = new Drafts();
    var engine = new EngineUnderTest(runner(stepsAhead, slots, drafts), config, counted);
    var asked = new ArrayList<Asked>();
    while (asked.size() < REQUESTS) {
      for (int i = random.nextInt(4); i > 0; i--) {
        Supplier<GenerationRequest> request = request(random, asked);
        var client = new Client();
        asked.add(new Asked(request, client, engine.engine.submit(request.get(), client)));
      }
      disturb(engine, random, asked);
      engine.turns(random.nextInt(6));
    }
    engine.runUntilIdle();
    engine.turn();

    asked.forEach(each -> verify(each, drafts));
    assertThat(counted.right() > 0).isEqualTo(drafts > 0);
    assertThat(counted.wrong() > 0).isEqualTo(drafts > 0);
    assertThat(asked)
        .filteredOn(each -> each.client().reason() == FinishReason.LENGTH)
        .hasSizeGreaterThan(REQUESTS / 3);
    assertThat(asked).filteredOn(each -> each.client().error() != null).isNotEmpty();
    assertThat(engine.engine.stats().kvBlocksUsed()).isZero();
    assertThat(engine.runner.underWay()).isZero();
  }

  private static FakeRunner runner(int stepsAhead, int slots, int drafts) {
    return drafts == 0
        ? new FakeRunner(stepsAhead, slots, CONTEXT)
        : FakeRunner.repeating(stepsAhead, slots, CONTEXT, drafts);
  }

  /** Without drafts. */
  private static Client solo(Asked asked, int drafts) {
    FakeRunner runner =
        drafts == 0 ? new FakeRunner(1, CONTEXT) : FakeRunner.repeating(1, 1, CONTEXT, 0);
    return new EngineUnderTest(runner, EngineUnderTest.config(1, CONTEXT, 0))
        .ask(asked.request().get());
  }

  private static void disturb(EngineUnderTest engine, Random random, List<Asked> asked) {
    if (!asked.isEmpty() && random.nextInt(5) == 0) {
      asked.get(Math.max(0, asked.size() - 1 - random.nextInt(20))).submission().cancel();
    }
    switch (random.nextInt(60)) {
      case 0 -> engine.runner.failNextRun(new IllegalStateException("no kernel"));
      case 1 -> engine.runner.failNextAwait(new IllegalStateException("no result"));
      case 2 -> engine.runner.failNextCopy(new IllegalStateException("no copy"));
      case 3 -> engine.runner.failNextRun(new DeviceMemoryException("no memory", null));
      case 4 -> engine.runner.failNextAwait(new DeviceMemoryException("no memory", null));
      case 5 -> engine.runner.failNextCopy(new DeviceMemoryException("no memory", null));
      case 6 -> engine.runner.memory(CONTEXT + random.nextInt(3 * CONTEXT));
      default -> {}
    }
  }

  private static Supplier<GenerationRequest> request(Random random, List<Asked> asked) {
    int[] prompt = prompt(random, asked);
    String tenant = "tenant" + random.nextInt(2);
    int kind = random.nextInt(10);
    if (kind == 0) {
      return () -> GenerationRequest.embedding(prompt, tenant, Requests.LONG);
    }
    int maxTokens = random.nextInt(CONTEXT - prompt.length + 1);
    float penalty = kind == 1 || kind == 2 ? 0.5f : 0;
    var sampling = new SamplingParams(1, 0, 1, 0, 0, penalty, 1, Map.of(), random.nextLong(), -1);
    Set<Integer> stop =
        random.nextInt(3) == 0 ? Set.of(random.nextInt(FakeRunner.VOCABULARY)) : Set.of();
    int[] prediction = random.ints(random.nextInt(20), 0, 5).toArray();
    return () ->
        new GenerationRequest(
                prompt,
                maxTokens,
                sampling,
                stop,
                tenant,
                kind == 3,
                Requests.LONG,
                kind == 4 || kind == 5 ? new Rising() : null)
            .predicting(prediction);
  }

  /** Half the time a continuation of an earlier prompt, else new. */
  private static int[] prompt(Random random, List<Asked> asked) {
    int[] fresh = random.ints(1 + random.nextInt(24), 0, FakeRunner.VOCABULARY).toArray();
    if (asked.isEmpty() || random.nextBoolean()) {
      return fresh;
    }
    int[] earlier = asked.get(random.nextInt(asked.size())).request().get().prompt();
    int kept = 1 + random.nextInt(Math.min(earlier.length, 24));
    return Requests.concat(Arrays.copyOf(earlier, kept), fresh);
  }

  private static void verify(Asked asked, int drafts) {
    Client client = asked.client();
    Client solo = solo(asked, drafts);
    if (client.error() != null) {
      assertThat(client.code())
          .isIn(EngineError.Code.RUNNER_FAILED, EngineError.Code.OUT_OF_MEMORY);
    }
    if (client.error() != null || client.reason() == FinishReason.CANCELLED) {
      assertThat(client.tokens()).isEqualTo(solo.tokens().subList(0, client.tokens().size()));
      return;
    }
    assertThat(client.tokens()).isEqualTo(solo.tokens());
    assertThat(client.reason()).isEqualTo(solo.reason());
    assertThat(client.usage().completionTokens()).isEqualTo(solo.usage().completionTokens());
    assertThat(client.started().promptScores()).isEqualTo(solo.started().promptScores());
    assertThat(client.started().embedding()).isEqualTo(solo.started().embedding());
  }
}
