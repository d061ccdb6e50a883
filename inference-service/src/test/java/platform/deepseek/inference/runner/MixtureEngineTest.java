package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.engine.Usage;
import platform.deepseek.inference.sampling.SamplingParams;

/** The golden answers of models with experts and latents through the whole engine, in float32. */
class MixtureEngineTest {

  private static final int TOKENS = 24;
  private static final CpuModelRunner.Limits LIMITS = new CpuModelRunner.Limits(192, 8, 192, 2);

  @ParameterizedTest
  @ValueSource(strings = {"qwen3_moe", "deepseek_v2", "deepseek_v3", "deepseek_v3_fp8"})
  void answersAreTheGoldenOnesInCompanyReusedAndPreempted(String model) throws Exception {
    List<JsonNode> prompts = new ArrayList<>();
    Fixtures.json("models/" + model + "/golden.json").get("prompts").forEach(prompts::add);
    List<int[]> golden =
        prompts.stream().map(prompt -> Fixtures.ints(prompt.get("greedy"))).toList();
    AtomicInteger preempted = new AtomicInteger();
    try (Decoder decoder = Decoder.open(Fixtures.path("models/" + model), Precision.FP32, LIMITS)) {
      // Chunks of 40 tokens: the long prompt takes four steps, in which the others are decoded.
      try (Engine engine = engine(decoder, 0, preempted)) {
        assertThat(tokens(answers(engine, prompts))).as("in company").isDeepEqualTo(array(golden));
        List<Answer> again = answers(engine, prompts);
        assertThat(tokens(again)).as("reused").isDeepEqualTo(array(golden));
        assertThat(again.getLast().usage().cachedTokens()).isGreaterThanOrEqualTo(112);
        assertThat(preempted).hasValue(0);
      }
      // Four sequences of three blocks that grow to four each.
      try (Engine engine = engine(decoder, 13, preempted)) {
        assertThat(tokens(answers(engine, Collections.nCopies(4, prompts.get(2)))))
            .as("preempted")
            .isDeepEqualTo(array(Collections.nCopies(4, golden.get(2))));
        assertThat(preempted).hasPositiveValue();
      }
    }
  }

  /** Of the last token of an answer nothing was computed. */
  @ParameterizedTest
  @CsvSource({"deepseek_v2, 3, 48", "deepseek_v3, 3, 48", "deepseek_v3_fp8, 2, 48"})
  void aTokenTakesItsLatentAndNothingElse(String model, int layers, int values) throws Exception {
    JsonNode prompt = Fixtures.json("models/" + model + "/golden.json").get("prompts").get(2);
    try (Decoder decoder = Decoder.open(Fixtures.path("models/" + model), Precision.FP32, LIMITS);
        Engine engine = engine(decoder, 0, new AtomicInteger())) {
      Answer answer = answers(engine, List.of(prompt)).getFirst();
      long kept = prompt.get("ids").size() + answer.tokens().length - 1L;
      long used = engine.stats().kvMemory().orElseThrow().usedBytes();

      assertThat(used).isEqualTo(kept * layers * values * Float.BYTES);
    }
  }

  private record Answer(int[] tokens, Usage usage) {}

  private static Engine engine(Decoder decoder, int blocks, AtomicInteger preempted) {
    return Engine.start(
        new Borrowed(decoder.runner),
        new EngineConfig(4, 40, 100, true, 16, blocks),
        new EngineObserver() {
          @Override
          public void preempted() {
            preempted.incrementAndGet();
          }
        });
  }

  /** All are submitted before the first one says anything, however busy the machine is. */
  private static List<Answer> answers(Engine engine, List<JsonNode> prompts) throws Exception {
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    CompletableFuture<Void> submitted = new CompletableFuture<>();
    try {
      for (JsonNode prompt : prompts) {
        answers.add(new CompletableFuture<>());
        engine.submit(
            request(Fixtures.ints(prompt.get("ids"))), collector(answers.getLast(), submitted));
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

  private static GenerationRequest request(int[] prompt) {
    return new GenerationRequest(
        prompt, TOKENS, SamplingParams.GREEDY, Set.of(), "", false, Duration.ofMinutes(1));
  }

  private static Consumer<TokenEvent> collector(
      CompletableFuture<Answer> answer, CompletableFuture<Void> submitted) {
    List<Integer> tokens = new ArrayList<>();
    return event -> {
      switch (event) {
        case TokenEvent.Started started -> submitted.join();
        case TokenEvent.Token token -> tokens.add(token.sample().token());
        case TokenEvent.Finished finished ->
            answer.complete(
                new Answer(
                    tokens.stream().mapToInt(Integer::intValue).toArray(), finished.usage()));
        case TokenEvent.Failed failed ->
            answer.completeExceptionally(new AssertionError(failed.error()));
      }
    };
  }

  private static int[][] tokens(List<Answer> answers) {
    return array(answers.stream().map(Answer::tokens).toList());
  }

  private static int[][] array(List<int[]> rows) {
    return rows.stream().map(row -> Arrays.copyOf(row, row.length)).toArray(int[][]::new);
  }
}
