package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.embedding;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.sampling.SamplingParams;

@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class EmbeddingTest {
  private final int stepsAhead;
  private final EngineUnderTest engine;

  EmbeddingTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
    engine = EngineUnderTest.small(stepsAhead);
  }

  /** What the fake model's hidden states make of a prompt. */
  static float[] expected(int[] prompt) {
    double[] sum = FakeRunner.hiddenSum(prompt, prompt.length);
    double length = 0;
    for (double value : sum) {
      length += value * value;
    }
    float[] direction = new float[sum.length];
    for (int i = 0; i < sum.length; i++) {
      direction[i] = (float) (sum[i] / Math.sqrt(length));
    }
    return direction;
  }

  @Test
  void embeddingIsTheDirectionOfTheMeanOverAllChunks() {
    int[] prompt = prompt(1, 21); // three steps

    Client client = engine.ask(embedding(prompt));

    assertThat(client.started().embedding()).isEqualTo(expected(prompt));
    assertThat(client.started().promptScores()).isEmpty();
    assertThat(client.tokens()).isEmpty();
    assertThat(client.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(client.usage()).isEqualTo(new Usage(21, 0, 0));
  }

  @Test
  void embeddingHasLengthOne() {
    double squares = 0;
    for (float value : engine.ask(embedding(prompt(1, 9))).started().embedding()) {
      squares += value * value;
    }

    assertThat(Math.abs(squares - 1)).isLessThan(1e-6);
  }

  @Test
  void othersHaveNoEmbedding() {
    assertThat(engine.ask(request(prompt(1, 9), 2)).started().embedding()).isNull();
  }

  @Test
  void cachedPrefixIsNotUsedBecauseItHasNoHiddenStates() {
    int[] prompt = prompt(1, 21);
    engine.ask(request(prompt, 1));

    Client client = engine.ask(embedding(prompt));

    assertThat(client.started().cachedTokens()).isZero();
    assertThat(client.started().embedding()).isEqualTo(expected(prompt));
  }

  @Test
  void promptOfAnEmbeddingServesOthersAsAPrefix() {
    engine.ask(embedding(prompt(1, 21)));

    assertThat(engine.ask(request(prompt(1, 21), 2)).started().cachedTokens()).isEqualTo(20);
  }

  @Test
  void embeddingsAndStreamsShareSteps() {
    Client stream = engine.submit(request(prompt(2, 3), 12));
    engine.turn();
    Client first = engine.submit(embedding(prompt(1, 10)));
    Client second = engine.submit(embedding(prompt(1, 10)));
    engine.runUntilIdle();

    assertThat(first.started().embedding()).isEqualTo(expected(prompt(1, 10)));
    assertThat(second.started().embedding()).isEqualTo(expected(prompt(1, 10)));
    assertThat(stream.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 12));
  }

  @Test
  void preemptedEmbeddingStartsAgain() {
    var preemptions = new AtomicInteger();
    var crowded =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 2, 64),
            config(2, 3, 9),
            new EngineObserver() {
              @Override
              public void preempted() {
                preemptions.incrementAndGet();
              }
            });
    crowded.submit(request(prompt(1, 3), 25, "one"));
    crowded.turns(2);
    Client client = crowded.submit(embedding(prompt(2, 26)));
    crowded.runUntilIdle();

    assertThat(preemptions).hasPositiveValue();
    assertThat(client.started().embedding()).isEqualTo(expected(prompt(2, 26)));
  }

  @Test
  void embeddingWithTokensToGenerateIsTheCallersMistake() {
    var request =
        new GenerationRequest(
            prompt(1, 3),
            1,
            SamplingParams.GREEDY,
            Set.of(),
            "tenant",
            PromptOutput.EMBEDDING,
            Requests.LONG,
            null);

    assertThatThrownBy(() -> engine.submit(request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxTokens 1");
  }
}
