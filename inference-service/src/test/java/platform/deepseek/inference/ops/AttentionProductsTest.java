package platform.deepseek.inference.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.Random;
import java.util.function.ObjLongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionProductsTest {

  private static final int LONGEST = 80;

  /** Floats from one query's scores to the next one's: a block more than the longest sequence. */
  private static final int STRIDE = LONGEST + AttentionKernel.BLOCK;

  private final Arena arena = Arena.ofConfined();
  private final Random random = new Random(2);

  @AfterEach
  void free() {
    arena.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 64, 80, 128})
  void machineCodeAndJavaAgreeBitForBit(int headSize) {
    assumeTrue(Processor.AVX2, "this processor has no AVX2: there is no machine code to compare");
    try (var assembled = new AttentionProducts.Assembled(headSize, 4 * STRIDE, 4 * headSize);
        var portable = new AttentionProducts.Portable(headSize, 4 * STRIDE, 4 * headSize)) {
      for (int queries = 1; queries <= AttentionKernel.QUERIES; queries++) {
        Rows query = Rows.gaussian(arena, random, queries * headSize);
        Rows keys = Rows.gaussian(arena, random, LONGEST * headSize);
        Rows values = Rows.gaussian(arena, random, LONGEST * headSize);
        Rows weights = Rows.gaussian(arena, random, AttentionKernel.QUERIES * STRIDE);
        int count = queries;
        for (int blocks = 1; blocks <= LONGEST / AttentionKernel.BLOCK; blocks++) {
          int length = blocks;
          assertThat(
                  scores(
                      (target, at) ->
                          target.scores(count, query.address(), keys.address(), at, length),
                      assembled))
              .as("scores of %d queries, %d blocks", queries, blocks)
              .isEqualTo(
                  scores(
                      (target, at) ->
                          target.scores(count, query.address(), keys.address(), at, length),
                      portable));
        }
        for (int positions : new int[] {1, 2, 15, 16, 17, LONGEST}) {
          assertThat(
                  scores(
                      (target, at) ->
                          target.weigh(count, weights.address(), values.address(), at, positions),
                      assembled))
              .as("%d queries weigh %d values", queries, positions)
              .isEqualTo(
                  scores(
                      (target, at) ->
                          target.weigh(count, weights.address(), values.address(), at, positions),
                      portable));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 64, 80})
  void scoresAndWeighedValuesAreTheProducts(int headSize) {
    int queries = 3;
    int positions = 21;
    float[] query = Rows.gaussian(random, queries * headSize);
    float[] keys = Rows.gaussian(random, 32 * headSize);
    float[] values = Rows.gaussian(random, 32 * headSize);
    try (AttentionProducts products = AttentionProducts.best(headSize, 4 * STRIDE)) {
      Rows scores = Rows.zeros(arena, queries * STRIDE);
      products.scores(
          queries, Rows.of(arena, query).address(), transposed(keys), scores.address(), 2);
      Rows output = Rows.zeros(arena, queries * headSize);
      products.weigh(
          queries, scores.address(), Rows.of(arena, values).address(), output.address(), positions);
      for (int q = 0; q < queries; q++) {
        double[] weighed = new double[headSize];
        for (int position = 0; position < positions; position++) {
          double score = 0;
          for (int d = 0; d < headSize; d++) {
            score += (double) query[q * headSize + d] * keys[position * headSize + d];
          }
          float found = scores.values()[q * STRIDE + position];
          assertThat((double) found).isCloseTo(score, within(1e-4));
          for (int d = 0; d < headSize; d++) {
            weighed[d] += (double) found * values[position * headSize + d];
          }
        }
        for (int d = 0; d < headSize; d++) {
          assertThat((double) output.values()[q * headSize + d])
              .isCloseTo(weighed[d], within(1e-3));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 64, 80, 128})
  void queryDoesNotDependOnItsCompany(int headSize) {
    Rows query = Rows.gaussian(arena, random, AttentionKernel.QUERIES * headSize);
    Rows keys = Rows.gaussian(arena, random, LONGEST * headSize);
    try (AttentionProducts products = AttentionProducts.best(headSize, 4 * STRIDE)) {
      int blocks = LONGEST / AttentionKernel.BLOCK;
      Rows together = Rows.zeros(arena, AttentionKernel.QUERIES * STRIDE);
      products.scores(
          AttentionKernel.QUERIES, query.address(), keys.address(), together.address(), blocks);
      for (int q = 0; q < AttentionKernel.QUERIES; q++) {
        Rows alone = Rows.zeros(arena, STRIDE);
        products.scores(
            1, query.address() + 4L * q * headSize, keys.address(), alone.address(), blocks);
        assertThat(alone.bits())
            .isEqualTo(java.util.Arrays.copyOfRange(together.bits(), q * STRIDE, (q + 1) * STRIDE));
      }
    }
  }

  /** The bits of a buffer after the call, what was not to be written included. */
  private int[] scores(ObjLongConsumer<AttentionProducts> call, AttentionProducts products) {
    Rows target = Rows.zeros(arena, AttentionKernel.QUERIES * Math.max(STRIDE, 128));
    call.accept(products, target.address());
    return target.bits();
  }

  /** Keys [position][dimension] as the cache keeps them: [block][dimension][16]. */
  private long transposed(float[] keys) {
    int headSize = keys.length / 32;
    float[] blocks = new float[keys.length];
    for (int position = 0; position < 32; position++) {
      for (int d = 0; d < headSize; d++) {
        blocks[position / 16 * 16 * headSize + 16 * d + position % 16] =
            keys[position * headSize + d];
      }
    }
    return Rows.of(arena, blocks).address();
  }
}
