package platform.deepseek.inference.ops;

import java.util.Arrays;

/**
 * Chooses a token's experts from the router's logits.
 *
 * <ul>
 *   <li>DeepSeek-V2 and Qwen3 (arXiv 2405.04434, 2505.09388): scores are a softmax; a group is as
 *       good as its best expert.
 *   <li>DeepSeek-V3 (arXiv 2412.19437): scores are sigmoids; a correction, learnt to balance the
 *       experts' load, is added for the choice alone; a group is as good as its best two.
 * </ul>
 *
 * Experts of groups that are not among the kept ones cannot be chosen, whatever their score. Equal
 * scores go to the lower number.
 *
 * @param experts to choose from
 * @param chosen of them for a token
 * @param sigmoid whether scores are sigmoids, else a softmax
 * @param correction added to scores for the choice; empty where there is none
 * @param groups of equal size in the experts' order
 * @param keptGroups whose experts may be chosen
 * @param normalised whether weights are made to sum to 1
 * @param factor by which weights are multiplied in the end
 */
public record ExpertRouter(
    int experts,
    int chosen,
    boolean sigmoid,
    float[] correction,
    int groups,
    int keptGroups,
    boolean normalised,
    float factor) {

  /** Keeps the sum of weights away from 0. */
  private static final double SMALLEST_SUM = 1e-20;

  /**
   * @param logits one per expert
   * @param choice gets the experts from {@code offset} on, the best first
   * @param weights gets what their results are multiplied with
   */
  void route(float[] logits, int[] choice, float[] weights, int offset) {
    double[] scores = sigmoid ? sigmoids(logits) : softmax(logits);
    double[] candidates = scores.clone();
    for (int expert = 0; expert < correction.length; expert++) {
      candidates[expert] += correction[expert];
    }
    dropGroups(candidates);
    double sum = 0;
    for (int rank = 0; rank < chosen; rank++) {
      int best = best(candidates);
      candidates[best] = Double.NEGATIVE_INFINITY;
      choice[offset + rank] = best;
      sum += scores[best];
    }
    double scale = normalised ? factor / (sum + SMALLEST_SUM) : factor;
    for (int rank = 0; rank < chosen; rank++) {
      weights[offset + rank] = (float) (scores[choice[offset + rank]] * scale);
    }
  }

  private void dropGroups(double[] candidates) {
    if (keptGroups == groups) {
      return;
    }
    int size = experts / groups;
    double[] ofGroups = new double[groups];
    for (int group = 0; group < groups; group++) {
      double[] sorted = Arrays.copyOfRange(candidates, group * size, (group + 1) * size);
      Arrays.sort(sorted);
      ofGroups[group] = sigmoid ? sorted[size - 1] + sorted[size - 2] : sorted[size - 1];
    }
    boolean[] kept = new boolean[groups];
    for (int i = 0; i < keptGroups; i++) {
      int best = best(ofGroups);
      ofGroups[best] = Double.NEGATIVE_INFINITY;
      kept[best] = true;
    }
    for (int expert = 0; expert < experts; expert++) {
      if (!kept[expert / size]) {
        candidates[expert] = Double.NEGATIVE_INFINITY;
      }
    }
  }

  /** The first of the largest. Values that are not numbers count as the least. */
  private static int best(double[] values) {
    int best = -1;
    for (int i = 0; i < values.length; i++) {
      if (values[i] > Double.NEGATIVE_INFINITY && (best < 0 || values[i] > values[best])) {
        best = i;
      }
    }
    if (best < 0) {
      throw new ArithmeticException("the router's scores are not numbers");
    }
    return best;
  }

  private double[] sigmoids(float[] logits) {
    double[] scores = new double[experts];
    for (int expert = 0; expert < experts; expert++) {
      scores[expert] = 1 / (1 + Math.exp(-logits[expert]));
    }
    return scores;
  }

  private double[] softmax(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int expert = 0; expert < experts; expert++) {
      largest = Math.max(largest, logits[expert]);
    }
    double[] scores = new double[experts];
    double sum = 0;
    for (int expert = 0; expert < experts; expert++) {
      scores[expert] = Math.exp(logits[expert] - largest);
      sum += scores[expert];
    }
    for (int expert = 0; expert < experts; expert++) {
      scores[expert] /= sum;
    }
    return scores;
  }
}
