package platform.deepseek.inference.sampling;

import java.util.ArrayList;
import java.util.List;

/** The logarithm of a softmax: logit - largest - log(sum of exp(logit - largest)). */
final class Logprobs {
  private final Distribution distribution = new Distribution();

  /** A token's log-probability and the {@code top} likeliest tokens, best first. */
  Sample of(LogitRow row, int token, int top) {
    distribution.compute(row, 1);
    return new Sample(token, logprob(row, token), likeliest(row, top));
  }

  private float logprob(LogitRow row, int token) {
    if (distribution.total() == 0) {
      return Float.NEGATIVE_INFINITY;
    }
    double logit = row.get(token);
    return (float) (logit - distribution.largest() - Math.log(distribution.total()));
  }

  /** Insertion into a list of n: nearly every token loses against its last one at once. */
  private List<TokenLogprob> likeliest(LogitRow row, int top) {
    int n = Math.min(top, row.size());
    if (n <= 0) {
      return List.of();
    }
    int[] best = new int[n];
    int found = 0;
    for (int token = 0; token < row.size(); token++) {
      if (found == n && row.get(token) <= row.get(best[n - 1])) {
        continue;
      }
      int place = found < n ? found++ : n - 1;
      while (place > 0 && row.get(token) > row.get(best[place - 1])) {
        best[place] = best[place - 1];
        place--;
      }
      best[place] = token;
    }
    var list = new ArrayList<TokenLogprob>(n);
    for (int token : best) {
      list.add(new TokenLogprob(token, logprob(row, token)));
    }
    return List.copyOf(list);
  }
}
