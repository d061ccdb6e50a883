package platform.deepseek.inference.sampling;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Cuts a distribution down to its likeliest tokens: top-k, then top-p, then min-p.
 *
 * <p>Each of them keeps a first part of the tokens in order of falling probability (the smaller id
 * first on a tie), so each is a boundary and the nearest one counts. Sorting a vocabulary of
 * 150,000 to find it takes 10 ms; here tokens above a falling floor are collected until they must
 * hold the boundary, mostly a few dozen, and quickselect finds it among those, linear even when all
 * are equally likely. The draw then goes through the kept tokens in order of their ids, as it does
 * without truncation.
 */
final class Truncation {
  private static final float[] FLOORS = {0x1p-4f, 0x1p-8f, 0x1p-12f, 0x1p-16f};

  /** Candidates in order of ids; see {@link #key}. */
  private long[] candidates = new long[256];

  private long[] scratch = new long[256];
  private int count;

  static boolean any(SamplingParams params, int vocabulary) {
    return limitsCount(params, vocabulary) || params.topP() < 1 || params.minP() > 0;
  }

  private static boolean limitsCount(SamplingParams params, int vocabulary) {
    return params.topK() > 0 && params.topK() < vocabulary;
  }

  /** A draw from what top-k, top-p and min-p leave; the total must be positive. */
  int choose(Distribution distribution, int vocabulary, SamplingParams params, double uniform) {
    boolean topK = limitsCount(params, vocabulary);
    collect(distribution, params, topK);
    double mass = distribution.total();
    if (topK && params.topK() < count) {
      keepFrom(largest(params.topK()));
    }
    if (topK) {
      mass = mass();
    }
    if (params.topP() < 1) {
      keepFrom(reaching(params.topP() * mass));
    }
    if (params.minP() > 0) {
      keepFrom(key(Math.min(params.minP(), 1f), Integer.MAX_VALUE));
    }
    return draw(uniform);
  }

  private void collect(Distribution distribution, SamplingParams params, boolean topK) {
    if (!topK && params.topP() >= 1) {
      collectFrom(distribution, Math.min(params.minP(), 1f));
      return;
    }
    for (float floor : FLOORS) {
      if (holdsBoundary(distribution, params, topK, floor)) {
        collectFrom(distribution, floor);
        return;
      }
    }
    collectFrom(distribution, Float.MIN_VALUE);
  }

  /** Whether tokens from {@code floor} on are as many, or as likely, as are kept at most. */
  private static boolean holdsBoundary(
      Distribution distribution, SamplingParams params, boolean topK, float floor) {
    float[] weights = distribution.weights();
    var sum = FloatVector.zero(LogitRow.SPECIES);
    int above = 0;
    for (int i = 0; i < weights.length; i += LogitRow.SPECIES.length()) {
      var weight = FloatVector.fromArray(LogitRow.SPECIES, weights, i);
      var kept = weight.compare(VectorOperators.GE, floor);
      sum = sum.add(weight, kept);
      above += kept.trueCount();
    }
    // A little more mass than asked: sums are rounded differently.
    return topK
        ? above >= params.topK()
        : sum.reduceLanes(VectorOperators.ADD) >= params.topP() * 1.001 * distribution.total();
  }

  private void collectFrom(Distribution distribution, float floor) {
    float[] weights = distribution.weights();
    count = 0;
    int lanes = LogitRow.SPECIES.length();
    for (int i = 0; i < weights.length; i += lanes) {
      var above =
          FloatVector.fromArray(LogitRow.SPECIES, weights, i).compare(VectorOperators.GE, floor);
      for (long bits = above.toLong(); bits != 0; bits &= bits - 1) {
        int token = i + Long.numberOfTrailingZeros(bits);
        add(key(weights[token], token));
      }
    }
  }

  private void add(long key) {
    if (count == candidates.length) {
      candidates = Arrays.copyOf(candidates, 2 * count);
      scratch = new long[2 * count];
    }
    candidates[count++] = key;
  }

  /** Larger for a larger weight, then for a smaller id: positive floats order as their bits. */
  private static long key(float weight, int token) {
    return (long) Float.floatToRawIntBits(weight) << 32 | (Integer.MAX_VALUE - token);
  }

  private static float weight(long key) {
    return Float.intBitsToFloat((int) (key >>> 32));
  }

  private static int token(long key) {
    return Integer.MAX_VALUE - (int) key;
  }

  private double mass() {
    double mass = 0;
    for (int i = 0; i < count; i++) {
      mass += weight(candidates[i]);
    }
    return mass;
  }

  private void keepFrom(long boundary) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (candidates[i] >= boundary) {
        candidates[kept++] = candidates[i];
      }
    }
    count = kept;
  }

  /** The k-th largest candidate. */
  private long largest(int k) {
    System.arraycopy(candidates, 0, scratch, 0, count);
    int from = 0;
    int to = count;
    int wanted = k - 1;
    while (to - from > 1) {
      int pivot = partition(from, to);
      if (pivot == wanted) {
        return scratch[pivot];
      }
      if (wanted < pivot) {
        to = pivot;
      } else {
        from = pivot + 1;
      }
    }
    return scratch[from];
  }

  /** The candidate at which the sum from the largest on reaches {@code target}. */
  private long reaching(double target) {
    System.arraycopy(candidates, 0, scratch, 0, count);
    int from = 0;
    int to = count;
    double missing = target;
    while (to - from > 1) {
      int pivot = partition(from, to);
      double upper = 0;
      for (int i = from; i < pivot; i++) {
        upper += weight(scratch[i]);
      }
      if (upper >= missing && pivot > from) {
        to = pivot;
      } else if (upper + weight(scratch[pivot]) >= missing || pivot == to - 1) {
        return scratch[pivot];
      } else {
        missing -= upper + weight(scratch[pivot]);
        from = pivot + 1;
      }
    }
    return scratch[from];
  }

  /** Puts larger keys than the pivot before it, smaller ones after it; returns its place. */
  private int partition(int from, int to) {
    int middle = (from + to) >>> 1;
    long pivot = median(scratch[from], scratch[middle], scratch[to - 1]);
    int left = from;
    int right = to - 1;
    while (true) {
      while (scratch[left] > pivot) {
        left++;
      }
      while (scratch[right] < pivot) {
        right--;
      }
      if (left >= right) {
        return left;
      }
      long swapped = scratch[left];
      scratch[left] = scratch[right];
      scratch[right] = swapped;
    }
  }

  private static long median(long a, long b, long c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }

  private int draw(double uniform) {
    double target = uniform * mass();
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += weight(candidates[i]);
      if (sum > target) {
        return token(candidates[i]);
      }
    }
    return token(candidates[count - 1]);
  }
}
