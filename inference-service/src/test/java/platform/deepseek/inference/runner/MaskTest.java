package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.sampling.TokenConstraint;

/** A constraint's mask on a real model, through the engine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MaskTest {

  private static final CpuModelRunner.Limits LIMITS = new CpuModelRunner.Limits(192, 4, 192, 2);
  private static final int[] PROMPT = new Random(5).ints(20, 0, 500).toArray();
  private static final int TOKENS = 30;

  private final Decoder decoder =
      Decoder.open(Fixtures.path("gguf/tiny_qwen2_q8_0.gguf"), Precision.AUTO, LIMITS);

  @AfterAll
  void close() {
    decoder.close();
  }

  /** Tokens whose remainder by 7 is the number of tokens so far by 7. */
  private static final class Remainders implements TokenConstraint {
    private int accepted;

    @Override
    public LogitMask mask() {
      return word -> {
        long bits = 0;
        for (int bit = 0; bit < Long.SIZE; bit++) {
          bits |= (word * Long.SIZE + bit) % 7 == accepted % 7 ? 1L << bit : 0;
        }
        return bits;
      };
    }

    @Override
    public void accept(int token) {
      assertThat(token % 7).isEqualTo(accepted % 7);
      accepted++;
    }
  }

  private static GenerationRequest request(float temperature, TokenConstraint constraint) {
    return new GenerationRequest(
        PROMPT,
        TOKENS,
        new SamplingParams(temperature, 0, 1, 0, 0, 0, 1, Map.of(), 11, 3),
        Set.of(),
        "",
        false,
        Duration.ofMinutes(1),
        constraint);
  }

  /** The answers to requests that run together. */
  private List<List<Sample>> ask(List<GenerationRequest> requests) throws InterruptedException {
    List<LinkedBlockingQueue<TokenEvent>> events = new ArrayList<>();
    List<List<Sample>> answers = new ArrayList<>();
    try (Engine engine =
        Engine.start(
            new Borrowed(decoder.runner),
            new EngineConfig(4, 24, 100, true, 16, 0),
            EngineObserver.NONE)) {
      for (GenerationRequest request : requests) {
        events.add(new LinkedBlockingQueue<>());
        engine.submit(request, events.getLast()::add);
      }
      for (var each : events) {
        List<Sample> answer = new ArrayList<>();
        TokenEvent event = each.poll(1, TimeUnit.MINUTES);
        while (!(event instanceof TokenEvent.Finished)) {
          if (event instanceof TokenEvent.Token token) {
            answer.add(token.sample());
          } else {
            assertThat(event).isInstanceOf(TokenEvent.Started.class);
          }
          event = each.poll(1, TimeUnit.MINUTES);
        }
        answers.add(answer);
      }
    }
    return answers;
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 1.5f})
  void everyTokenIsAllowedAndNeighboursAreFree(float temperature) throws InterruptedException {
    List<List<Sample>> answers =
        ask(
            List.of(
                request(temperature, null),
                request(temperature, new Remainders()),
                request(temperature, new Remainders())));

    for (int i = 0; i < TOKENS; i++) {
      assertThat(answers.get(1).get(i).token() % 7).isEqualTo(i % 7);
    }
    assertThat(answers.get(2)).isEqualTo(answers.get(1));
    assertThat(answers.getFirst())
        .isEqualTo(ask(List.of(request(temperature, null))).getFirst())
        .anyMatch(sample -> sample.token() % 7 != 0);
  }

  @Test
  void greedyTokenIsTheLikeliestAllowedOneAndItsLogprobIsTheModels() throws InterruptedException {
    List<Sample> answer = ask(List.of(request(0, new Remainders()))).getFirst();

    int[] known = PROMPT;
    int otherwise = 0;
    for (int i = 0; i < TOKENS; i++) {
      float[] logits = decoder.lastLogits(known);
      int best = -1;
      for (int token = i % 7; token < logits.length; token += 7) {
        best = best < 0 || logits[token] > logits[best] ? token : best;
      }
      Sample sample = answer.get(i);
      assertThat(sample.token()).isEqualTo(best);
      assertThat(sample.logprob()).isCloseTo((float) logprob(logits, best), within(1e-4f));
      // The alternatives are the model's own too, forbidden ones among them.
      float likeliest = logits[sample.top().getFirst().token()];
      for (float logit : logits) {
        assertThat(likeliest).isGreaterThanOrEqualTo(logit);
      }
      otherwise += sample.top().getFirst().token() == best ? 0 : 1;
      known = Arrays.copyOf(known, known.length + 1);
      known[known.length - 1] = best;
    }
    assertThat(otherwise).isPositive();
  }

  private static double logprob(float[] logits, int token) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[token]);
    }
    return -Math.log(sum);
  }

  @Test
  void sequenceWithoutConstraintHasNoMask() {
    Sequence sequence = decoder.start(0, PROMPT);

    assertThat(sequence.mask()).isNull();
  }
}
