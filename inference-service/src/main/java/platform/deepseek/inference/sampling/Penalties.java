package platform.deepseek.inference.sampling;

/** Changes the logits of tokens that were used before, and of those the client named. */
final class Penalties {
  private Penalties() {}

  static boolean any(SamplingParams params) {
    return params.repetitionPenalty() != 1
        || params.presencePenalty() != 0
        || params.frequencyPenalty() != 0
        || !params.logitBias().isEmpty();
  }

  static void apply(LogitRow row, SamplingParams params, TokenHistory history) {
    if (params.repetitionPenalty() != 1) {
      for (int token : history.promptSet()) {
        repeat(row, token, params.repetitionPenalty());
      }
      for (int i = 0; i < history.distinct(); i++) {
        if (!history.inPrompt(history.token(i))) {
          repeat(row, history.token(i), params.repetitionPenalty());
        }
      }
    }
    for (int i = 0; i < history.distinct(); i++) {
      float penalty = params.presencePenalty() + params.frequencyPenalty() * history.countAt(i);
      add(row, history.token(i), -penalty);
    }
    params.logitBias().forEach((token, bias) -> add(row, token, bias));
  }

  private static void repeat(LogitRow row, int token, float penalty) {
    if (token < row.size()) {
      float logit = row.get(token);
      row.set(token, logit > 0 ? logit / penalty : logit * penalty);
    }
  }

  private static void add(LogitRow row, int token, float summand) {
    if (token < row.size()) {
      row.set(token, row.get(token) + summand);
    }
  }
}
