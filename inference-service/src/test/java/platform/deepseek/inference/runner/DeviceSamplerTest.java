package platform.deepseek.inference.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.Sequence;
import platform.deepseek.inference.engine.SequenceMasks;
import platform.deepseek.inference.engine.Step;
import platform.deepseek.inference.runner.reference.SamplingReference;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.Sampler;
import platform.deepseek.inference.sampling.SamplingParams;
import platform.deepseek.inference.sampling.TokenConstraint;

class DeviceSamplerTest {
  private static final int ROWS = 12;
  private static final int LARGEST_VOCABULARY = 40_000;

  private final HostDevice device = SamplingReference.on(new HostDevice());
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment last = arena.allocate(ValueLayout.JAVA_INT, 100);
  private final Sampler sampler = new Sampler();

  @AfterEach
  void close() {
    arena.close();
  }

  // ---- the same as on the host

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64, 512, 1030, 5000})
  void everyEntryChoosesWhatTheHostWouldChoose(int vocabulary) {
    var random = new Random(vocabulary);
    int drawn = 0;
    int equal = 0;
    try (var sampling = new DeviceSampler(device, ROWS, vocabulary)) {
      for (int round = 0; round < 60; round++) {
        float[][] logits = logits(random, vocabulary);
        int[] rows = random.ints(ROWS, 0, ROWS).toArray();
        List<Step.Entry> entries =
            IntStream.range(0, 1 + random.nextInt(ROWS))
                .mapToObj(slot -> entry(random, vocabulary, slot))
                .toList();

        DeviceSampler.Pending pending =
            sampling.sample(entries, rows, upload(logits), last.address());

        pending.await();
        for (int i = 0; i < entries.size(); i++) {
          Sample actual = pending.get(i);
          Sample expected = onTheHost(entries.get(i), logits[rows[i]]);
          assertThat(last.getAtIndex(ValueLayout.JAVA_INT, entries.get(i).sequence().slot()))
              .isEqualTo(actual.token());
          if (entries.get(i).sequence().sampling().temperature() == 0) {
            assertThat(actual.token()).isEqualTo(expected.token());
          } else {
            drawn++;
            equal += actual.token() == expected.token() ? 1 : 0;
          }
          assertLogprobs(entries.get(i), logits[rows[i]], actual);
        }
      }
    }
    // The reference adds in another order, so a draw at the very edge of a token may differ.
    assertThat(drawn).isGreaterThan(100);
    assertThat(drawn - equal).isLessThanOrEqualTo(drawn / 500);
  }

  private void assertLogprobs(Step.Entry entry, float[] logits, Sample actual) {
    int top = entry.sequence().sampling().topLogprobs();
    if (top < 0) {
      assertThat(actual.logprob()).isNaN();
      assertThat(actual.top()).isEmpty();
      return;
    }
    Sample expected = sampler.score(segment(logits), logits.length, actual.token(), top);
    assertThat(actual.logprob()).isCloseTo(expected.logprob(), within(expected.logprob()));
    assertThat(actual.top()).hasSameSizeAs(expected.top());
    for (int i = 0; i < actual.top().size(); i++) {
      assertThat(actual.top().get(i).token()).isEqualTo(expected.top().get(i).token());
      float logprob = expected.top().get(i).logprob();
      assertThat(actual.top().get(i).logprob()).isCloseTo(logprob, within(logprob));
    }
  }

  private static Offset<Float> within(float expected) {
    return Offset.offset(Math.max(1e-4f, Math.abs(expected) * 1e-5f));
  }

  @Test
  void brokenLogitsGiveTheFirstAllowedToken() {
    float[] logits = new float[100];
    Arrays.fill(logits, Float.NaN);
    try (var sampling = new DeviceSampler(device, ROWS, 100)) {
      List<Step.Entry> entries =
          List.of(
              entry(0, SamplingParams.GREEDY, new int[] {1}, null),
              entry(1, SamplingParams.GREEDY, new int[] {1}, token -> token == 77),
              entry(2, drawn(1, 0, 1, 0), new int[] {1}, token -> token > 41),
              entry(3, drawn(1, 5, 0.5f, 0), new int[] {1}, null));

      DeviceSampler.Pending pending =
          sampling.sample(entries, new int[4], upload(new float[][] {logits}), last.address());

      pending.await();
      assertThat(IntStream.range(0, 4).map(i -> pending.get(i).token()).toArray())
          .containsExactly(0, 77, 42, 0);
    }
  }

  // ---- steps

  @Test
  void twoStepsMayBeUnderWayAndTheirSamplesStay() {
    try (var sampling = new DeviceSampler(device, ROWS, 50)) {
      device.marksAreReached(false);
      DeviceSampler.Pending first = greedy(sampling, 7);
      DeviceSampler.Pending second = greedy(sampling, 9);

      assertThat(first.reached()).isFalse();
      first.await();
      assertThat(first.reached()).isTrue();
      assertThat(second.reached()).isFalse();
      assertThat(first.get(0).token()).isEqualTo(7);
      second.await();
      assertThat(second.get(0).token()).isEqualTo(9);

      greedy(sampling, 11);
      assertThatThrownBy(() -> first.get(0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("gone");
      assertThat(second.get(0).token()).isEqualTo(9);
    }
  }

  private DeviceSampler.Pending greedy(DeviceSampler sampling, int winner) {
    float[] logits = new float[50];
    logits[winner] = 1;
    return sampling.sample(
        List.of(entry(3, SamplingParams.GREEDY, new int[] {1}, null)),
        new int[] {0},
        upload(new float[][] {logits}),
        last.address());
  }

  @Test
  void aStepWithMoreMasksThanEverMakesItsMemoryLarger() {
    int vocabulary = LARGEST_VOCABULARY;
    try (var sampling = new DeviceSampler(device, 64, vocabulary)) {
      int allocations = device.allocations();
      List<Step.Entry> entries = new ArrayList<>();
      for (int slot = 0; slot < 64; slot++) {
        int only = 600 * slot + 5;
        entries.add(entry(slot, SamplingParams.GREEDY, new int[] {1}, token -> token == only));
      }
      long logits = upload(new float[1][vocabulary]);

      for (int round = 0; round < 3; round++) {
        DeviceSampler.Pending pending =
            sampling.sample(entries, new int[64], logits, last.address());
        pending.await();
        assertThat(IntStream.range(0, 64).map(i -> pending.get(i).token()).toArray())
            .isEqualTo(IntStream.range(0, 64).map(slot -> 600 * slot + 5).toArray());
      }
      assertThat(device.allocations()).isEqualTo(allocations);
    }
  }

  @Test
  void thePositionOfTheRandomNumbersIsTheEntrys() {
    float[] logits = new float[500];
    try (var sampling = new DeviceSampler(device, ROWS, 500)) {
      Sequence sequence = sequence(0, drawn(1, 0, 1, 0), new int[] {1}, null);
      List<Integer> ahead = new ArrayList<>();
      for (int position = 0; position < 5; position++) {
        var entry = new Step.Entry(sequence, 0, 1, true, false, false, position > 0, position);
        DeviceSampler.Pending pending =
            sampling.sample(
                List.of(entry), new int[1], upload(new float[][] {logits}), last.address());
        pending.await();
        ahead.add(pending.get(0).token());
      }

      List<Integer> known = new ArrayList<>();
      for (int position = 0; position < 5; position++) {
        known.add(onTheHost(new Step.Entry(sequence, 0, 1, true, false), logits).token());
        sequence.append(known.getLast());
      }
      assertThat(ahead).isEqualTo(known).doesNotHaveDuplicates();
    }
  }

  // ---- refusals, memory

  @Test
  void whatCannotBeSampledIsRefused() {
    try (var sampling = new DeviceSampler(device, 1, 70)) {
      long logits = upload(new float[1][70]);
      Step.Entry entry = entry(0, SamplingParams.GREEDY, new int[] {1}, null);
      assertThatThrownBy(
              () -> sampling.sample(List.of(entry, entry), new int[2], logits, last.address()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("between 1 and 1");
      assertThatThrownBy(() -> sampling.sample(List.of(), new int[0], logits, last.address()))
          .isInstanceOf(IllegalArgumentException.class);
      SamplingParams many = new SamplingParams(0, 0, 1, 0, 0, 0, 1, Map.of(), 0, 21);
      assertThatThrownBy(
              () ->
                  sampling.sample(
                      List.of(entry(0, many, new int[] {1}, null)),
                      new int[1],
                      logits,
                      last.address()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("21");
    }
  }

  @Test
  void allMemoryIsGivenBack() {
    new DeviceSampler(device, 3, 1000).close();

    assertThat(device.allocations()).isZero();
    assertThat(device.open()).isZero();
  }

  // ---- spelling

  private Sample onTheHost(Step.Entry entry, float[] logits) {
    Sequence sequence = entry.sequence();
    return sampler.sample(
        segment(logits), logits.length, sequence.sampling(), sequence.history(), sequence.mask());
  }

  private MemorySegment segment(float[] logits) {
    return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, logits);
  }

  /** Rows of numbers that fp16 has, some of them broken. */
  private static float[][] logits(Random random, int vocabulary) {
    float[][] rows = new float[ROWS][vocabulary];
    for (float[] row : rows) {
      double spread = random.nextInt(4) == 0 ? 0.2 : 4;
      for (int i = 0; i < vocabulary; i++) {
        double x = spread * random.nextGaussian();
        if (random.nextInt(400) == 0) {
          x = random.nextBoolean() ? Double.NaN : Double.NEGATIVE_INFINITY;
        }
        row[i] = Float.float16ToFloat(Float.floatToFloat16((float) x));
      }
    }
    return rows;
  }

  private long upload(float[][] logits) {
    MemorySegment halves =
        arena.allocate(ValueLayout.JAVA_SHORT, (long) logits.length * logits[0].length);
    for (int row = 0; row < logits.length; row++) {
      for (int i = 0; i < logits[row].length; i++) {
        halves.setAtIndex(
            ValueLayout.JAVA_SHORT,
            (long) row * logits[row].length + i,
            Float.floatToFloat16(logits[row][i]));
      }
    }
    return halves.address();
  }

  private static Step.Entry entry(Random random, int vocabulary, int slot) {
    boolean penalised = random.nextInt(3) == 0;
    Map<Integer, Float> bias = new HashMap<>();
    if (penalised && random.nextBoolean()) {
      for (int i = 0; i < 5; i++) {
        bias.put(random.nextInt(vocabulary + 3), 10 * (float) random.nextGaussian());
      }
    }
    var params =
        new SamplingParams(
            random.nextInt(3) == 0 ? 0 : 0.3f + random.nextFloat(),
            random.nextBoolean() ? 0 : random.nextInt(vocabulary + 3),
            random.nextBoolean() ? 1 : random.nextFloat(),
            random.nextInt(3) > 0 ? 0 : random.nextFloat() * 0.2f,
            penalised && random.nextBoolean() ? (float) random.nextGaussian() : 0,
            penalised && random.nextBoolean() ? (float) random.nextGaussian() : 0,
            penalised && random.nextBoolean() ? 0.5f + random.nextFloat() : 1,
            bias,
            random.nextLong(),
            random.nextInt(3) > 0 ? -1 : random.nextInt(21));
    int[] prompt = random.ints(1 + random.nextInt(20), 0, vocabulary).toArray();
    int allowed = random.nextInt(vocabulary);
    int every = 1 + random.nextInt(5);
    Sequence sequence =
        sequence(
            slot,
            params,
            prompt,
            random.nextInt(3) > 0 ? null : token -> token == allowed || token % every == 1);
    for (int i = random.nextInt(30); i > 0; i--) {
      sequence.append(random.nextInt(vocabulary));
    }
    return new Step.Entry(sequence, 0, 1, true, false);
  }

  private static Step.Entry entry(
      int slot, SamplingParams params, int[] prompt, IntPredicate allowed) {
    return new Step.Entry(sequence(slot, params, prompt, allowed), 0, 1, true, false);
  }

  private static SamplingParams drawn(float temperature, int topK, float topP, float minP) {
    return new SamplingParams(temperature, topK, topP, minP, 0, 0, 1, Map.of(), 4, -1);
  }

  private static Sequence sequence(
      int slot, SamplingParams params, int[] prompt, IntPredicate allowed) {
    var request =
        new GenerationRequest(
            prompt,
            100,
            params,
            Set.of(),
            "",
            false,
            Duration.ofMinutes(1),
            allowed == null ? null : new Allowed(allowed));
    Sequence sequence = new Sequence(request, 16);
    sequence.start(slot, 0);
    SequenceMasks.constrain(sequence, LARGEST_VOCABULARY);
    return sequence;
  }

  /** A constraint that always allows the same tokens, and takes any. */
  private record Allowed(IntPredicate tokens) implements TokenConstraint {

    @Override
    public LogitMask mask() {
      return word -> {
        long bits = 0;
        for (int bit = 0; bit < Long.SIZE; bit++) {
          bits |= tokens.test(word * Long.SIZE + bit) ? 1L << bit : 0;
        }
        return bits;
      };
    }

    @Override
    public void accept(int token) {
      // The test appends what it likes.
    }
  }
}
