package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.bench.RandomMixture;
import platform.deepseek.inference.bench.RandomMixture.Shape;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.FinishReason;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.engine.draft.DraftSource;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.SamplingParams;

/**
 * Speculation changes no answer: with drafts every token, every log-probability and every end are
 * the same bit for bit as without, on each kind of model, alone and in company, in chunks, with
 * reused prefixes and after preemption.
 */
class SpeculativeAnswersTest {

  private static final int CONTEXT = 192;
  private static final CpuModelRunner.Limits LIMITS =
      new CpuModelRunner.Limits(CONTEXT, 8, CONTEXT, 2);

  @ParameterizedTest
  @CsvSource({"qwen2_untied, INT4", "qwen2_bf16, INT8", "qwen3, AUTO", "llama3_rope, INT4"})
  void answersWithDraftsAreThoseWithout(String model, Precision precision) throws Exception {
    try (Decoder decoder = Decoder.open(Fixtures.path("models/" + model), precision, LIMITS)) {
      compare(decoder);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"INT8", "INT4"})
  void answersOfLatentAttentionWithDraftsAreThoseWithout(Precision precision, @TempDir Path folder)
      throws Exception {
    RandomMixture.writeDeepseek(folder, Shape.TINY);
    try (Decoder decoder = Decoder.open(folder, precision, LIMITS)) {
      compare(decoder);
    }
  }

  @Test
  void answersOfExpertsWithDraftsAreThoseWithout(@TempDir Path folder) throws Exception {
    RandomMixture.writeQwen(folder, Shape.TINY);
    try (Decoder decoder = Decoder.open(folder, Precision.AUTO, LIMITS)) {
      compare(decoder);
    }
  }

  @Test
  void answersOfTheDemoModelWithDraftsAreThoseWithout() throws Exception {
    try (Decoder decoder = Decoder.open(Fixtures.demoModel(), Precision.AUTO, LIMITS)) {
      var counted = new Counted();
      List<GenerationRequest> requests = requests(decoder.runner.vocabularySize()).subList(0, 4);
      List<Answer> plain = answers(decoder, config(false, 0, 64), requests, counted);
      assertThat(answers(decoder, config(true, 0, 64), predicting(requests, plain), counted))
          .isEqualTo(plain);
      assertThat(counted.right.get(DraftSource.PREDICTION)).isPositive();
    }
  }

  /** Where a row depends on its neighbours by rounding, drafts could change an answer. */
  @Test
  void float32TakesNoDrafts() {
    Path model = Fixtures.path("models/qwen3");
    try (Decoder decoder = Decoder.open(model, Precision.FP32, LIMITS)) {
      assertThat(decoder.runner.draftTokens()).isZero();
    }
  }

  private static void compare(Decoder decoder) throws Exception {
    var counted = new Counted();
    List<GenerationRequest> requests = requests(decoder.runner.vocabularySize());
    List<Answer> plain = answers(decoder, config(false, 0, 64), requests, counted);
    assertThat(counted.right).isEmpty();
    List<GenerationRequest> predicting = predicting(requests, plain);

    for (int i = 0; i < requests.size(); i++) {
      var alone = answers(decoder, config(true, 0, 64), predicting.subList(i, i + 1), counted);
      assertThat(alone).as("request %d alone", i).isEqualTo(plain.subList(i, i + 1));
    }
    assertThat(counted.right.get(DraftSource.PREDICTION)).isPositive();
    assertThat(counted.right.get(DraftSource.PROMPT_LOOKUP)).isPositive();
    assertThat(counted.wrong).isPositive();

    assertThat(answers(decoder, config(true, 0, 64), predicting, counted))
        .as("in company")
        .isEqualTo(plain);
    assertThat(answers(decoder, config(true, 0, 9), predicting, counted))
        .as("in small chunks")
        .isEqualTo(plain);
    assertThat(counted.preempted).isZero();
    assertThat(answers(decoder, config(true, CONTEXT / 16 + 8, 64), predicting, counted))
        .as("in little memory")
        .isEqualTo(plain);
    assertThat(counted.preempted).isPositive();
  }

  private static EngineConfig config(boolean speculation, int blocks, int tokensPerStep) {
    return new EngineConfig(8, tokensPerStep, 100, true, 16, blocks, Duration.ZERO, speculation);
  }

  /** Prompts that repeat themselves; two of them have the same one and other random numbers. */
  private static List<GenerationRequest> requests(int vocabulary) {
    var random = new Random(7);
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int[] words = random.ints(3 + random.nextInt(6), 0, vocabulary).toArray();
      int[] prompt = new int[10 + 6 * i];
      Arrays.setAll(prompt, at -> words[at % words.length]);
      requests.add(request(i == 7 ? requests.get(6).prompt() : prompt, i));
    }
    return requests;
  }

  private static GenerationRequest request(int[] prompt, int number) {
    int maxTokens = number == 2 ? 3 : 40 + number;
    SamplingParams sampling =
        switch (number % 4) {
          case 0 -> SamplingParams.GREEDY;
          case 1 -> new SamplingParams(0, 0, 1, 0, 0, 0, 1, Map.of(), 0, 3);
          case 2 -> new SamplingParams(0.05f, 0, 0.9f, 0, 0, 0, 1, Map.of(), number, -1);
          default -> new SamplingParams(0.3f, 5, 1, 0.1f, 0, 0, 1, Map.of(9, 1f), number, 1);
        };
    return new GenerationRequest(
        prompt, maxTokens, sampling, Set.of(), "", false, Duration.ofMinutes(1));
  }

  /** With what they will say, here and there something else, and a stop where one is wanted. */
  private static List<GenerationRequest> predicting(
      List<GenerationRequest> requests, List<Answer> answers) {
    List<GenerationRequest> predicting = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      int[] tokens = answers.get(i).samples().stream().mapToInt(Sample::token).toArray();
      if (tokens.length > 20) {
        tokens[13] = (tokens[13] + 1) % 50;
      }
      predicting.add(i % 3 == 1 ? requests.get(i) : requests.get(i).predicting(tokens));
    }
    return predicting;
  }

  private record Answer(List<Sample> samples, FinishReason reason) {}

  private static final class Counted implements EngineObserver {
    private final Map<DraftSource, Integer> right = new EnumMap<>(DraftSource.class);
    private int wrong;
    private int preempted;

    @Override
    public void drafted(DraftSource source, int tokens, int accepted) {
      right.merge(source, accepted, Integer::sum);
      wrong += tokens - accepted;
    }

    @Override
    public void preempted() {
      preempted++;
    }
  }

  /** All are submitted before the first one says anything, however busy the machine is. */
  private static List<Answer> answers(
      Decoder decoder, EngineConfig config, List<GenerationRequest> requests, Counted counted)
      throws Exception {
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    CompletableFuture<Void> submitted = new CompletableFuture<>();
    try (Engine engine = Engine.start(new Borrowed(decoder.runner), config, counted)) {
      try {
        for (GenerationRequest request : requests) {
          var answer = new CompletableFuture<Answer>();
          List<Sample> samples = new ArrayList<>();
          engine.submit(request, event -> take(event, submitted, samples, answer));
          answers.add(answer);
        }
      } finally {
        submitted.complete(null);
      }
      List<Answer> collected = new ArrayList<>();
      for (CompletableFuture<Answer> answer : answers) {
        collected.add(answer.get(1, TimeUnit.MINUTES));
      }
      return collected;
    }
  }

  private static void take(
      TokenEvent event,
      CompletableFuture<Void> submitted,
      List<Sample> samples,
      CompletableFuture<Answer> answer) {
    switch (event) {
      case TokenEvent.Started started -> submitted.join();
      case TokenEvent.Token token -> samples.add(token.sample());
      case TokenEvent.Finished finished ->
          answer.complete(new Answer(List.copyOf(samples), finished.reason()));
      case TokenEvent.Failed failed ->
          answer.completeExceptionally(new AssertionError(failed.error()));
    }
  }
}
