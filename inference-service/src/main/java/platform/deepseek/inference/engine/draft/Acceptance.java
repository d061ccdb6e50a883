package platform.deepseek.inference.engine.draft;

/** How likely the next token of a source is right, by those it guessed before. */
final class Acceptance {

  /** Weight of the newest token. */
  private static final double LEARNING = 0.15;

  private double probability;

  Acceptance(double atFirst) {
    probability = atFirst;
  }

  void judged(boolean right) {
    probability += LEARNING * ((right ? 1 : 0) - probability);
  }

  double probability() {
    return probability;
  }
}
