package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.EngineConfig;
import platform.deepseek.inference.engine.EngineObserver;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.engine.prefix.SlotBlocks;
import platform.deepseek.inference.sampling.SamplingParams;

/**
 * Nobody's answer depends on neighbours: the same bits alone, in company, chunked and resumed. What
 * every model and precision but float32 must hold.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BatchIndependence {

  private static final int TOKENS = 12;
  static final CpuModelRunner.Limits LIMITS = new CpuModelRunner.Limits(512, 32, 512, 2);
  private static final int[] TEXT = Fixtures.ints(Fixtures.json("smollm2/nll.json").get("ids"));

  private Decoder decoder;

  /**
   * The model with {@link #LIMITS}.
   *
   * @param folder where it can be made
   */
  abstract Decoder open(Path folder) throws IOException;

  @BeforeAll
  void load(@TempDir Path folder) throws IOException {
    decoder = open(folder);
  }

  @AfterAll
  void close() {
    decoder.close();
  }

  @Test
  void logitsAmongNeighboursAreThoseAlone() {
    List<float[]> alone = logitsOfDecoding(decoder.start(0, prompt(0)));
    Sequence watched = decoder.start(0, prompt(0));
    decoder.next(watched);
    List<Sequence> neighbours = new ArrayList<>();
    for (int slot = 1; slot < 16; slot++) {
      neighbours.add(decoder.start(slot, prompt(slot)));
    }
    for (int i = 1; i < TOKENS; i++) {
      List<Step.Entry> entries = new ArrayList<>();
      // It stands at another place of the batch in each step, beside prompts and single tokens.
      int place = i % neighbours.size();
      int room = 480;
      for (int n = 0; n < neighbours.size(); n++) {
        if (n == place) {
          entries.add(new Step.Entry(watched, watched.computed(), 1, true, false));
        }
        Sequence neighbour = neighbours.get(n);
        int count = Math.min(Math.min(neighbour.remaining(), 50 + n), room);
        room -= count;
        if (count > 0) {
          boolean samples = count == neighbour.remaining();
          entries.add(new Step.Entry(neighbour, neighbour.computed(), count, samples, false));
        }
      }
      int output = 0;
      for (Step.Entry entry : entries) {
        if (entry.sequence() == watched) {
          break;
        }
        output += entry.samples() ? 1 : 0;
      }
      decoder.step(entries);
      assertThat(decoder.logits(output)).as("token %d", i).isEqualTo(alone.get(i));
    }
    assertThat(neighbours).allMatch(neighbour -> neighbour.generated() > 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 64, 256})
  void logitsOfAPromptInChunksAreThoseOfTheWhole(int chunk) {
    List<float[]> whole = logitsOfDecoding(decoder.start(0, prompt(5)));
    Sequence chunked = decoder.start(1, prompt(5));
    decoder.prefill(chunked, chunk);
    assertThat(decoder.logits(0)).isEqualTo(whole.getFirst());
    decoder.next(chunked);
    assertThat(decoder.logits(0)).isEqualTo(whole.get(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 37, 64})
  void logitsAfterACopiedPrefixAreThoseOfTheWhole(int shared) {
    int[] prompt = prompt(5);
    List<float[]> whole = logitsOfDecoding(decoder.start(0, prompt));
    decoder.runner.trim(3, 0);
    decoder.runner.copyPrefix(0, 3, shared);
    Sequence copied = decoder.start(3, prompt);
    copied.start(3, shared);
    for (float[] right : whole) {
      decoder.next(copied);
      assertThat(decoder.logits(0)).isEqualTo(right);
    }
  }

  /** As a restart does: out of the slot as bytes, and into another one that never computed them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void logitsAfterARestoredPrefixAreThoseOfTheWhole(int blocks) {
    int[] prompt = known(Arrays.copyOf(TEXT, 64 * blocks + 9));
    List<float[]> whole = logitsOfDecoding(decoder.start(0, prompt));
    SlotBlocks slots = decoder.runner.slotBlocks().orElseThrow();
    List<byte[]> kept = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      byte[] bytes = new byte[slots.bytes(64)];
      slots.read(0, 64 * block, 64, MemorySegment.ofArray(bytes));
      kept.add(bytes);
    }
    decoder.runner.trim(3, 0);
    for (int block = 0; block < blocks; block++) {
      slots.write(3, 64 * block, 64, MemorySegment.ofArray(kept.get(block)));
    }
    Sequence restored = decoder.start(3, prompt);
    restored.start(3, 64 * blocks);
    for (float[] right : whole) {
      decoder.next(restored);
      assertThat(decoder.logits(0)).isEqualTo(right);
    }
  }

  @Test
  void answersOfTheEngineAreThoseAloneWhateverItReusesOrPreempts() throws InterruptedException {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      requests.add(request(i, i % 2 == 0 ? 0 : 0.8f));
    }
    List<List<Integer>> alone = new ArrayList<>();
    for (GenerationRequest request : requests) {
      alone.add(answers(List.of(request), false, 0, new AtomicInteger()).getFirst());
    }
    AtomicInteger preempted = new AtomicInteger();
    assertThat(answers(requests, false, 0, preempted)).as("in company").isEqualTo(alone);
    assertThat(answers(requests, true, 0, preempted)).as("prefixes reused").isEqualTo(alone);
    assertThat(preempted).hasValue(0);
    assertThat(answers(requests, true, 14, preempted)).as("little memory").isEqualTo(alone);
    assertThat(preempted).hasPositiveValue();
  }

  private List<float[]> logitsOfDecoding(Sequence sequence) {
    List<float[]> logits = new ArrayList<>();
    for (int i = 0; i < TOKENS; i++) {
      decoder.next(sequence);
      logits.add(decoder.logits(0));
    }
    return logits;
  }

  /** Prompts of 5 to 125 tokens out of a real text. */
  private int[] prompt(int number) {
    int length = 5 + number * 37 % 121;
    return known(Arrays.copyOfRange(TEXT, 100 * number, 100 * number + length));
  }

  /** The text in the model's vocabulary. */
  private int[] known(int[] tokens) {
    return Arrays.stream(tokens).map(token -> token % decoder.runner.vocabularySize()).toArray();
  }

  /**
   * Requests that share the first 20 tokens; every other one is sampled, with a seed of its own.
   */
  private GenerationRequest request(int number, float temperature) {
    int[] prompt = Arrays.copyOf(TEXT, 21 + number);
    new Random(number).ints(number, 100, 40_000).forEach(token -> prompt[20] = token);
    return new GenerationRequest(
        known(prompt),
        24,
        new SamplingParams(temperature, 0, 1, 0, 0, 0, 1, Map.of(), 1000 + number, -1),
        Set.of(),
        "",
        false,
        Duration.ofMinutes(1));
  }

  /**
   * Each request's tokens. All are submitted before the first one says anything, however busy the
   * machine is.
   */
  private List<List<Integer>> answers(
      List<GenerationRequest> requests, boolean reuse, int blocks, AtomicInteger preempted)
      throws InterruptedException {
    EngineObserver observer =
        new EngineObserver() {
          @Override
          public void preempted() {
            preempted.incrementAndGet();
          }
        };
    List<Answer> answers = new ArrayList<>();
    CompletableFuture<Void> submitted = new CompletableFuture<>();
    Engine engine =
        Engine.start(
            new Borrowed(decoder.runner),
            new EngineConfig(8, 64, 100, reuse, 16, blocks),
            observer);
    try (engine) {
      try {
        for (GenerationRequest request : requests) {
          answers.add(new Answer(submitted));
          engine.submit(request, answers.getLast());
        }
      } finally {
        submitted.complete(null);
      }
      for (Answer answer : answers) {
        assertThat(answer.ended.await(1, TimeUnit.MINUTES)).isTrue();
      }
    }
    return answers.stream().map(answer -> answer.tokens).toList();
  }

  /** Collects a request's tokens. */
  private static final class Answer implements Consumer<TokenEvent> {

    private final CompletableFuture<Void> submitted;
    private final List<Integer> tokens = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    Answer(CompletableFuture<Void> submitted) {
      this.submitted = submitted;
    }

    @Override
    public void accept(TokenEvent event) {
      switch (event) {
        case TokenEvent.Started started -> {
          assertThat(tokens).isEmpty();
          submitted.join();
        }
        case TokenEvent.Token token -> tokens.add(token.sample().token());
        case TokenEvent.Finished finished -> ended.countDown();
        case TokenEvent.Failed failed -> throw new AssertionError(failed.error());
      }
    }
  }
}
