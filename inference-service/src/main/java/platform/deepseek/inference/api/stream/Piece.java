package platform.deepseek.inference.api.stream;

import java.util.List;

/**
 * Text of an answer that is certain, with the tokens that begin in it.
 *
 * @param scores empty when no log-probabilities were asked
 */
public record Piece(String text, List<ScoredToken> scores) {

  static final Piece EMPTY = new Piece("", List.of());

  boolean isEmpty() {
    return text.isEmpty() && scores.isEmpty();
  }
}
