package platform.deepseek.inference.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static platform.deepseek.inference.sampling.Logits.at;
import static platform.deepseek.inference.sampling.Logits.bias;
import static platform.deepseek.inference.sampling.Logits.draw;
import static platform.deepseek.inference.sampling.Logits.logprobs;
import static platform.deepseek.inference.sampling.Logits.penalties;
import static platform.deepseek.inference.sampling.Logits.random;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
  private static final float INF = Float.POSITIVE_INFINITY;
  private static final float NAN = Float.NaN;

  private final Sampler sampler = new Sampler();

  // ---- greedy

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 31, 33, 1000, 4095, 4096, 4097, 49152, 151_936})
  void greedyIsTheLargestLogitWhereverItIs(int vocabulary) {
    float[] logits = random(vocabulary, vocabulary, 3);
    var random = new Random(7);
    for (int i = 0; i < 5; i++) {
      int winner = i == 0 ? 0 : i == 1 ? vocabulary - 1 : random.nextInt(vocabulary);
      float kept = logits[winner];
      logits[winner] = 99;
      assertThat(greedy(logits)).isEqualTo(winner);
      logits[winner] = kept;
    }
  }

  @Test
  void smallerIdWinsATie() {
    float[] logits = new float[10_000];
    logits[9_000] = logits[4_100] = logits[4_097] = 5;

    assertThat(greedy(logits)).isEqualTo(4_097);
    assertThat(greedy(new float[100])).isZero();
  }

  @Test
  void vocabularyMayBeSmallerThanTheRow() {
    Sample sample = sampler.sample(Logits.of(1, 3, 2, 9), 3, SamplingParams.GREEDY, at(0), null);

    assertThat(sample.token()).isOne();
    assertThat(sample.logprob()).isNaN();
    assertThat(sample.top()).isEmpty();
  }

  @Test
  void verySmallTemperatureIsGreedyToo() {
    float[] logits = random(3, 5000, 3);
    for (float temperature : new float[] {1e-5f, 1e-30f, Float.MIN_VALUE}) {
      for (int position = 0; position < 10; position++) {
        assertThat(sample(logits, draw(temperature, 0, 1, 0, 1), position))
            .isEqualTo(greedy(logits));
      }
    }
  }

  // ---- broken logits

  @ParameterizedTest
  @CsvSource({"0, 0, 1, 0", "1, 0, 1, 0", "1, 5, 1, 0", "1, 0, 0.9, 0", "0.7, 0, 1, 0.1"})
  void brokenLogitsGiveATokenAndNoHang(float temperature, int topK, float topP, float minP) {
    SamplingParams params = draw(temperature, topK, topP, minP, 3);

    assertThat(sample(filled(100, NAN), params, 0)).isZero();
    assertThat(sample(filled(100, -INF), params, 0)).isZero();
    assertThat(sample(filled(100, INF), params, 0)).isBetween(0, 99);
    float[] one = filled(100, NAN);
    one[63] = -1e30f;
    assertThat(sample(one, params, 0)).isEqualTo(63);
    float[] mixed = filled(100, -INF);
    mixed[17] = INF;
    mixed[18] = NAN;
    mixed[19] = 5;
    assertThat(sample(mixed, params, 0)).isEqualTo(17);
  }

  @Test
  void brokenLogitsHaveLogprobsWithoutNaN() {
    float[] logits = {NAN, -INF, 0, 0};
    Sample sample = sampler.sample(Logits.of(logits), 4, logprobs(4), at(0), null);

    assertThat(sample.token()).isEqualTo(2);
    assertThat(sample.logprob()).isCloseTo((float) Math.log(0.5), within(1e-6f));
    assertThat(sample.top()).extracting(TokenLogprob::token).containsExactly(2, 3, 0, 1);
    assertThat(sample.top().get(3).logprob()).isEqualTo(-INF);
    assertThat(sampler.score(Logits.of(NAN, NAN), 2, 1, 0).logprob()).isEqualTo(-INF);
  }

  // ---- randomness

  @ParameterizedTest
  @CsvSource({
    "1, 0, 1, 0",
    "0.7, 0, 1, 0",
    "1.5, 20, 1, 0",
    "1, 0, 0.8, 0",
    "1, 0, 1, 0.05",
    "0.9, 30, 0.9, 0.02"
  })
  void drawsFollowTheDistribution(float temperature, int topK, float topP, float minP) {
    float[] logits = random(11, 200, 1.5);
    double[] expected = NaiveSampler.distribution(logits, draw(temperature, topK, topP, minP, 0));
    int draws = 10_000;
    int[] counts = new int[logits.length];
    MemorySegment row = Logits.of(logits);
    for (int seed = 0; seed < draws; seed++) {
      SamplingParams params = draw(temperature, topK, topP, minP, seed);
      counts[sampler.sample(row, logits.length, params, at(0), null).token()]++;
    }

    double chiSquare = 0;
    int cells = 0;
    double restExpected = 0;
    double restCount = 0;
    for (int token = 0; token < logits.length; token++) {
      if (expected[token] == 0) {
        assertThat(counts[token]).as("token %d was cut", token).isZero();
      } else if (expected[token] * draws >= 5) {
        chiSquare += term(counts[token], expected[token] * draws);
        cells++;
      } else {
        restExpected += expected[token] * draws;
        restCount += counts[token];
      }
    }
    if (restExpected >= 5) {
      chiSquare += term(restCount, restExpected);
      cells++;
    }
    int freedom = cells - 1;
    // Wilson and Hilferty's bound of chi-square at p = 0.001.
    double spread = 2 / (9.0 * freedom);
    double bound = freedom * Math.pow(1 - spread + 3.09 * Math.sqrt(spread), 3);
    assertThat(chiSquare).isLessThan(bound);
  }

  private static double term(double count, double expected) {
    return (count - expected) * (count - expected) / expected;
  }

  @Test
  void tokenIsAFunctionOfSeedAndPositionAlone() {
    float[] logits = random(5, 3000, 2);
    var tokens = new HashSet<Integer>();
    for (int position = 0; position < 50; position++) {
      SamplingParams params = draw(1, 0, 0.95f, 0, 77);
      int token = sample(logits, params, position);
      sample(random(position, 500, 1), draw(1, 3, 1, 0, position), 3); // someone else's row
      assertThat(new Sampler().sample(Logits.of(logits), 3000, params, at(position), null).token())
          .isEqualTo(token);
      assertThat(sample(logits, params, position)).isEqualTo(token);
      tokens.add(token);
    }
    assertThat(tokens).hasSizeGreaterThan(25);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 100, 1024, 1025, 49_152, 151_936})
  void truncatedDrawsEqualTheNaiveSamplers(int vocabulary) {
    var random = new Random(vocabulary);
    int rounds = vocabulary > 10_000 ? 3 : 100;
    for (int round = 0; round < rounds; round++) {
      float[] logits = random(round, vocabulary, random.nextInt(3) == 0 ? 0.1 : 4);
      SamplingParams params =
          draw(
              0.3f + random.nextFloat() * 1.5f,
              random.nextBoolean() ? 0 : 1 + random.nextInt(2 * Math.min(vocabulary, 2000)),
              random.nextBoolean() ? 1 : random.nextFloat(),
              random.nextBoolean() ? 0 : random.nextFloat() * 0.2f,
              round);
      double[] expected = NaiveSampler.distribution(logits, params);
      int[] order = NaiveSampler.order(logits);
      double uniform = Philox4x32.uniform(round, 0);

      int token = sample(logits, params, 0);

      assertThat(isTokenOf(expected, order, uniform, token))
          .as("%s chose %d, not %d", params, token, NaiveSampler.choose(expected, order, uniform))
          .isTrue();
    }
  }

  /** Whether the token's stretch of the cumulative distribution is at the draw, up to rounding. */
  private static boolean isTokenOf(double[] probabilities, int[] order, double uniform, int token) {
    double before =
        Arrays.stream(order)
            .takeWhile(other -> other != token)
            .mapToDouble(i -> probabilities[i])
            .sum();
    return probabilities[token] > 0
        && before <= uniform + 2e-5
        && before + probabilities[token] >= uniform - 2e-5;
  }

  @Test
  void drawsGoDownTheTokensInFallingOrder() {
    float[] logits = random(6, 1000, 2);
    int[] order = NaiveSampler.order(logits);
    int[] places = new int[logits.length];
    IntStream.range(0, order.length).forEach(place -> places[order[place]] = place);
    for (float topP : new float[] {1, 0.9f}) {
      SamplingParams params = draw(1, 0, topP, 0, 9);
      int[] byNumber =
          IntStream.range(0, 200)
              .boxed()
              .sorted(Comparator.comparingDouble(at -> Philox4x32.uniform(9, at)))
              .mapToInt(at -> places[sample(logits, params, at)])
              .toArray();

      assertThat(byNumber).isSorted();
    }
  }

  @Test
  void changedLogitsHaveThePrecisionOfFp16() {
    float[] logits = {20, 20, 19};

    assertThat(sample(logits, bias(Map.of(1, 0.001f)), 0)).isZero();
    assertThat(sample(logits, bias(Map.of(1, 0.02f)), 0)).isOne();
  }

  @Test
  void topKOfTiesKeepsTheSmallerIds() {
    var seen = new HashSet<Integer>();
    for (int position = 0; position < 200; position++) {
      seen.add(sample(new float[5000], draw(1, 3, 1, 0, 1), position));
    }
    assertThat(seen).containsExactlyInAnyOrder(0, 1, 2);
  }

  @Test
  void topPKeepsAtLeastTheLikeliest() {
    float[] logits = random(1, 1000, 2);
    for (int position = 0; position < 50; position++) {
      assertThat(sample(logits, draw(1, 0, 0, 0, 1), position)).isEqualTo(greedy(logits));
      assertThat(sample(logits, draw(1, 0, 1, 1, 1), position)).isEqualTo(greedy(logits));
      assertThat(sample(logits, draw(1, 1, 1, 0, 1), position)).isEqualTo(greedy(logits));
    }
  }

  // ---- penalties, bias, mask

  @Test
  void presencePenaltyCountsOnceAndFrequencyPenaltyEachTime() {
    var history = new TokenHistory(new int[] {2});
    history.add(0);
    history.add(0);
    history.add(1);
    float[] logits = {5, 4.5f, 3.9f};

    assertThat(sample(logits, penalties(0, 0, 1), history)).isZero();
    assertThat(sample(logits, penalties(1, 0, 1), history)).isZero(); // 4, 3.5, 3.9
    assertThat(sample(logits, penalties(1.2f, 0, 1), history)).isEqualTo(2); // 3.8, 3.3, 3.9
    assertThat(sample(logits, penalties(0, 0.3f, 1), history)).isZero(); // 4.4, 4.2, 3.9
    assertThat(sample(logits, penalties(0, 0.55f, 1), history)).isOne(); // 3.9, 3.95, 3.9
    assertThat(sample(logits, penalties(-1, -1, 1), history)).isZero();
  }

  @Test
  void repetitionPenaltyTakesFromBothSigns() {
    var history = new TokenHistory(new int[] {0, 0, 3});
    history.add(1);
    history.add(0);

    assertThat(sample(new float[] {4, 3.8f, 2.1f}, penalties(0, 0, 2), history)).isEqualTo(2);
    assertThat(sample(new float[] {-1, -1.1f, -1.9f}, penalties(0, 0, 2), history)).isEqualTo(2);
    assertThat(sample(new float[] {4, 3.8f, 1.9f}, penalties(0, 0, 2), history)).isZero();
  }

  @Test
  void logitBiasForcesAndBans() {
    float[] logits = random(8, 100, 2);
    int best = greedy(logits);

    assertThat(sample(logits, bias(Map.of(42, 100f)), 0)).isEqualTo(42);
    assertThat(sample(logits, bias(Map.of(best, -100f)), 0)).isNotEqualTo(best);
    assertThat(sample(logits, bias(Map.of(5000, 100f)), 0)).isEqualTo(best);
  }

  @Test
  void maskForbidsWhateverIsLikely() {
    float[] logits = random(9, 1000, 2);
    Set<Integer> allowed = Set.of(3, 64, 999);
    LogitMask mask = mask(allowed);
    int best = allowed.stream().max((a, b) -> Float.compare(logits[a], logits[b])).orElseThrow();

    assertThat(masked(logits, SamplingParams.GREEDY, mask)).isEqualTo(best);
    var seen = new HashSet<Integer>();
    for (int seed = 0; seed < 300; seed++) {
      seen.add(masked(logits, draw(2, 0, 1, 0, seed), mask));
    }
    assertThat(seen).isEqualTo(allowed);
  }

  @Test
  void maskedBrokenLogitsGiveAnAllowedToken() {
    assertThat(masked(filled(200, NAN), SamplingParams.GREEDY, mask(Set.of(150)))).isEqualTo(150);
    assertThat(masked(filled(200, -INF), draw(1, 0, 1, 0, 1), mask(Set.of(150)))).isEqualTo(150);
  }

  @Test
  void maskThatAllowsNothingIsAnError() {
    assertThatThrownBy(() -> masked(new float[70], SamplingParams.GREEDY, mask(Set.of(70))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none of 70");
  }

  // ---- log-probabilities

  @Test
  void logprobsAreOfTheModelsOwnDistribution() {
    float[] logits = random(12, 50_000, 3);
    double sum = IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i])).sum();
    var params = new SamplingParams(0.5f, 5, 0.5f, 0.1f, 1, 1, 2, Map.of(7, 100f), 1, 5);

    Sample sample = sampler.sample(Logits.of(logits), logits.length, params, at(3), null);

    assertThat(sample.token()).isEqualTo(7);
    assertThat(sample.logprob()).isCloseTo((float) (logits[7] - Math.log(sum)), within(1e-5f));
    int[] best =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted((a, b) -> Float.compare(logits[b], logits[a]))
            .limit(5)
            .mapToInt(Integer::intValue)
            .toArray();
    assertThat(sample.top().stream().mapToInt(TokenLogprob::token)).containsExactly(boxed(best));
    assertThat(sample.top().getFirst().logprob())
        .isCloseTo((float) (logits[best[0]] - Math.log(sum)), within(1e-5f));
  }

  @Test
  void scoreNamesAnyToken() {
    Sample score = sampler.score(Logits.of(0, (float) Math.log(3)), 2, 0, 1);

    assertThat(score.token()).isZero();
    assertThat(score.logprob()).isCloseTo((float) Math.log(0.25), within(1e-6f));
    assertThat(score.top().getFirst().token()).isOne();
    assertThat(score.top().getFirst().logprob()).isCloseTo((float) Math.log(0.75), within(1e-6f));
  }

  @Test
  void likeliestTokensComeSmallerIdFirstOnATie() {
    Sample score = sampler.score(Logits.of(1, 2, 2, 1, 2), 5, 0, 9);

    assertThat(score.top()).extracting(TokenLogprob::token).containsExactly(1, 2, 4, 0, 3);
  }

  // ---- spelling

  private int greedy(float[] logits) {
    return sample(logits, SamplingParams.GREEDY, 0);
  }

  private int sample(float[] logits, SamplingParams params, int position) {
    return sample(logits, params, at(position));
  }

  private int sample(float[] logits, SamplingParams params, TokenHistory history) {
    return sampler.sample(Logits.of(logits), logits.length, params, history, null).token();
  }

  private int masked(float[] logits, SamplingParams params, LogitMask mask) {
    return sampler.sample(Logits.of(logits), logits.length, params, at(0), mask).token();
  }

  private static LogitMask mask(Set<Integer> allowed) {
    return word ->
        allowed.stream()
            .filter(token -> token / 64 == word)
            .mapToLong(token -> 1L << (token % 64))
            .reduce(0, (a, b) -> a | b);
  }

  private static float[] filled(int vocabulary, float value) {
    float[] logits = new float[vocabulary];
    Arrays.fill(logits, value);
    return logits;
  }

  private static Integer[] boxed(int[] values) {
    return Arrays.stream(values).boxed().toArray(Integer[]::new);
  }
}
