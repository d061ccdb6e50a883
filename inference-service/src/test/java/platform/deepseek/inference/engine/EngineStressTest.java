package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Thousands of random requests in a memory far too small, each compared with its solo answer. */
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class EngineStressTest {
  private final int stepsAhead;
  private static final int REQUESTS = 1500;
  private static final int CONTEXT = 48;

  EngineStressTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
  }

  private record Asked(GenerationRequest request, Client client, Submission submission) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyAnswerIsTheSoloAnswer(long seed) {
    var random = new Random(seed);
    int slots = 1 + random.nextInt(6);
    int maxBatch = 1 + random.nextInt(slots);
    var config =
        new EngineConfig(
            maxBatch,
            maxBatch + random.nextInt(20),
            REQUESTS,
            random.nextInt(4) > 0,
            1 + random.nextInt(6),
            0);
    int blocks = Math.ceilDiv(CONTEXT, config.blockTokens());
    var tiny =
        new EngineConfig(
            config.maxBatch(),
            config.tokensPerStep(),
            REQUESTS,
            config.prefixReuse(),
            config.blockTokens(),
            blocks + random.nextInt(blocks));
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, slots, CONTEXT), tiny);
    var asked = new ArrayList<Asked>();
    while (asked.size() < REQUESTS) {
      for (int i = random.nextInt(4); i > 0; i--) {
        asked.add(ask(engine, random, asked));
      }
      if (!asked.isEmpty() && random.nextInt(5) == 0) {
        asked.get(Math.max(0, asked.size() - 1 - random.nextInt(20))).submission().cancel();
      }
      engine.turns(random.nextInt(6));
    }
    engine.runUntilIdle();

    asked.forEach(EngineStressTest::verify);
    assertThat(asked)
        .filteredOn(each -> each.client().reason() == FinishReason.LENGTH)
        .hasSizeGreaterThan(REQUESTS / 2);
    assertThat(engine.engine.stats().kvBlocksUsed()).isZero();
  }

  private static Asked ask(EngineUnderTest engine, Random random, List<Asked> asked) {
    int[] prompt = prompt(random, asked);
    int maxTokens = random.nextInt(CONTEXT - prompt.length + 1);
    Set<Integer> stop =
        random.nextInt(3) == 0 ? Set.of(random.nextInt(FakeRunner.VOCABULARY)) : Set.of();
    PromptOutput wanted = wanted(random.nextInt(10));
    if (wanted == PromptOutput.EMBEDDING) {
      maxTokens = 0;
    }
    GenerationRequest plain =
        Requests.request(prompt, maxTokens, "tenant" + random.nextInt(2), random.nextLong(), stop);
    var request =
        new GenerationRequest(
            plain.prompt(),
            plain.maxTokens(),
            plain.sampling(),
            plain.stopTokens(),
            plain.cacheSalt(),
            wanted,
            plain.startWithin(),
            null);
    var client = new Client();
    return new Asked(request, client, engine.engine.submit(request, client));
  }

  /** Scores two times of ten, an embedding once. */
  private static PromptOutput wanted(int dice) {
    return switch (dice) {
      case 0, 1 -> PromptOutput.SCORES;
      case 2 -> PromptOutput.EMBEDDING;
      default -> PromptOutput.NOTHING;
    };
  }

  /** Half the time a continuation of an earlier prompt, else new. */
  private static int[] prompt(Random random, List<Asked> asked) {
    int[] fresh = random.ints(1 + random.nextInt(24), 0, FakeRunner.VOCABULARY).toArray();
    if (asked.isEmpty() || random.nextBoolean()) {
      return fresh;
    }
    int[] earlier = asked.get(random.nextInt(asked.size())).request().prompt();
    int kept = 1 + random.nextInt(Math.min(earlier.length, 24));
    return Requests.concat(Arrays.copyOf(earlier, kept), fresh);
  }

  private static void verify(Asked asked) {
    GenerationRequest request = asked.request();
    Client client = asked.client();
    assertThat(client.error()).isNull();
    List<Integer> whole =
        FakeRunner.answer(request.prompt(), request.sampling().seed(), request.maxTokens());
    int end = request.maxTokens();
    for (int stop : request.stopTokens()) {
      end = whole.contains(stop) ? Math.min(end, whole.indexOf(stop)) : end;
    }
    if (client.reason() == FinishReason.CANCELLED) {
      int heard = client.tokens().size();
      assertThat(heard).isLessThanOrEqualTo(end);
      assertThat(client.tokens()).isEqualTo(whole.subList(0, heard));
      return;
    }
    assertThat(client.tokens()).isEqualTo(whole.subList(0, end));
    assertThat(client.reason())
        .isEqualTo(end < request.maxTokens() ? FinishReason.STOP : FinishReason.LENGTH);
    if (request.promptOutput() == PromptOutput.EMBEDDING) {
      assertThat(client.started().embedding()).isEqualTo(EmbeddingTest.expected(request.prompt()));
    }
    if (request.scorePrompt()) {
      assertThat(client.started().promptScores()).hasSize(request.prompt().length - 1);
      for (int i = 1; i < request.prompt().length; i++) {
        assertThat(client.started().promptScores().get(i - 1).logprob())
            .isEqualTo(FakeRunner.score(request.prompt(), i));
      }
    }
  }
}
