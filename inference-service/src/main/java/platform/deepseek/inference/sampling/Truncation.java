package platform.deepseek.inference.sampling;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Cuts a distribution down to its likeliest tokens, top-k, then top-p, then min-p, and draws one.
 *
 * <p>Each of them keeps a first part of the tokens in falling order of their logits (the smaller id
 * first on a tie), so each is a boundary and the nearest one counts. The draw goes down the same
 * order until the sum of probabilities exceeds its number, so it is a boundary too: a device finds
 * all of them by counting how often each value occurs (sampling.cu), without the order of ids.
 *
 * <p>Sorting a vocabulary of 150,000 takes 10 ms; here tokens above a falling floor are collected
 * until they must hold the boundary, mostly a few dozen, and quickselect finds it among those,
 * linear even when all are equally likely.
 */
final class Truncation {
  private static final float[] FLOORS = {0x1p-4f, 0x1p-8f, 0x1p-12f, 0x1p-16f};

  /** A little more mass than asked: sums are rounded differently. */
  private static final double SURELY = 1.001;

  /** Candidates in order of ids; see {@link #key}. */
  private long[] candidates = new long[256];

  private long[] scratch = new long[256];
  private int count;
  private float[] weights;

  private static boolean limitsCount(SamplingParams params, int vocabulary) {
    return params.topK() > 0 && params.topK() < vocabulary;
  }

  /** A draw from what top-k, top-p and min-p leave; the total must be positive. */
  int choose(LogitRow row, Distribution distribution, SamplingParams params, double uniform) {
    weights = distribution.weights();
    boolean topK = limitsCount(params, row.size());
    collect(row, distribution.total(), params, topK, uniform);
    double mass = distribution.total();
    if (topK && params.topK() < count) {
      keepFrom(largest(params.topK()));
    }
    if (topK) {
      mass = mass();
    }
    if (params.topP() < 1) {
      keepFrom(boundary(params.topP() * mass, false));
      mass = mass();
    }
    if (params.minP() > 0) {
      keepWeights(Math.min(params.minP(), 1f));
      mass = mass();
    }
    return token(boundary(uniform * mass, true));
  }

  private void collect(
      LogitRow row, double total, SamplingParams params, boolean topK, double uniform) {
    if (!topK && params.topP() >= 1 && params.minP() > 0) {
      collectFrom(row, Math.min(params.minP(), 1f));
      return;
    }
    double share = params.topP() < 1 ? params.topP() : uniform;
    for (float floor : FLOORS) {
      if (topK ? countFrom(floor) >= params.topK() : massFrom(floor) >= share * SURELY * total) {
        collectFrom(row, floor);
        return;
      }
    }
    collectFrom(row, Float.MIN_VALUE);
  }

  private int countFrom(float floor) {
    int above = 0;
    for (int i = 0; i < weights.length; i += LogitRow.SPECIES.length()) {
      var weight = FloatVector.fromArray(LogitRow.SPECIES, weights, i);
      above += weight.compare(VectorOperators.GE, floor).trueCount();
    }
    return above;
  }

  private float massFrom(float floor) {
    var sum = FloatVector.zero(LogitRow.SPECIES);
    for (int i = 0; i < weights.length; i += LogitRow.SPECIES.length()) {
      var weight = FloatVector.fromArray(LogitRow.SPECIES, weights, i);
      sum = sum.add(weight, weight.compare(VectorOperators.GE, floor));
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  private void collectFrom(LogitRow row, float floor) {
    count = 0;
    int lanes = LogitRow.SPECIES.length();
    for (int i = 0; i < weights.length; i += lanes) {
      var above =
          FloatVector.fromArray(LogitRow.SPECIES, weights, i).compare(VectorOperators.GE, floor);
      for (long bits = above.toLong(); bits != 0; bits &= bits - 1) {
        int token = i + Long.numberOfTrailingZeros(bits);
        add(key(row.get(token), token));
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

  /** Larger for a larger logit, then for a smaller id. Both zeros are the same. */
  private static long key(float logit, int token) {
    int bits = Float.floatToRawIntBits(logit + 0f);
    int ordered = bits >= 0 ? bits : bits ^ Integer.MAX_VALUE;
    return (long) ordered << 32 | (Integer.MAX_VALUE - token);
  }

  private float weight(long key) {
    return weights[token(key)];
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

  private void keepWeights(float least) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (weight(candidates[i]) >= least) {
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

  /**
   * The candidate at which the sum from the largest on reaches the target, or exceeds it; the last
   * one when none does, because sums were rounded differently.
   */
  private long boundary(double target, boolean exceeding) {
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
      double upTo = upper + weight(scratch[pivot]);
      if (pivot > from && isThere(upper, missing, exceeding)) {
        to = pivot;
      } else if (isThere(upTo, missing, exceeding) || pivot == to - 1) {
        return scratch[pivot];
      } else {
        missing -= upTo;
        from = pivot + 1;
      }
    }
    return scratch[from];
  }

  private static boolean isThere(double sum, double target, boolean exceeding) {
    return exceeding ? sum > target : sum >= target;
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
}
