package platform.deepseek.inference.api.stream;

/**
 * What became of the tokens that a client predicted.
 *
 * @param accepted tokens of the answer that were those predicted in their place
 * @param rejected tokens predicted that the answer does not have there
 */
public record PredictedTokens(int accepted, int rejected) {

  PredictedTokens plus(PredictedTokens other) {
    return new PredictedTokens(accepted + other.accepted, rejected + other.rejected);
  }
}
