package platform.deepseek.inference.sampling;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The textbook: softmax in double, sort everything, cut. The oracle of the fast sampler. */
final class NaiveSampler {
  private NaiveSampler() {}

  /** The probabilities of tokens after temperature, top-k, top-p and min-p; 0 where cut. */
  static double[] distribution(float[] logits, SamplingParams params) {
    double max = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).max().orElseThrow();
    double[] weights = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp((logits[i] - max) / params.temperature());
    }
    List<Integer> kept =
        new ArrayList<>(
            IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -weights[i]))
                .toList());
    if (params.topK() > 0) {
      kept = kept.subList(0, Math.min(params.topK(), kept.size()));
    }
    if (params.topP() < 1) {
      kept = nucleus(kept, weights, params.topP());
    }
    kept = kept.stream().filter(i -> weights[i] >= params.minP()).toList();
    double total = kept.stream().mapToDouble(i -> weights[i]).sum();
    double[] probabilities = new double[logits.length];
    kept.forEach(i -> probabilities[i] = weights[i] / total);
    return probabilities;
  }

  private static List<Integer> nucleus(List<Integer> sorted, double[] weights, double topP) {
    double target = topP * sorted.stream().mapToDouble(i -> weights[i]).sum();
    double sum = 0;
    int size = 0;
    while (size < sorted.size() && (size == 0 || sum < target)) {
      sum += weights[sorted.get(size++)];
    }
    return sorted.subList(0, size);
  }

  /** Tokens by falling logit, the smaller id first on a tie. */
  static int[] order(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -logits[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Inverse of the cumulative distribution in this order. */
  static int choose(double[] probabilities, int[] order, double uniform) {
    double sum = 0;
    int last = 0;
    for (int token : order) {
      if (probabilities[token] > 0) {
        last = token;
        sum += probabilities[token];
        if (sum > uniform) {
          return token;
        }
      }
    }
    return last;
  }
}
