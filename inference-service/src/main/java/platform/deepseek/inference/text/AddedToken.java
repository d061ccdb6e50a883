package platform.deepseek.inference.text;

/**
 * A token that stands beside the vocabulary: it is matched in the text before any splitting.
 *
 * @param content its literal text
 * @param singleWord matches only where no word character touches it
 * @param leftStrip takes the white space in front of it along
 * @param rightStrip takes the white space behind it along
 * @param normalized is looked for after all tokens that are not
 * @param special left out of an answer's text
 */
record AddedToken(
    int id,
    String content,
    boolean singleWord,
    boolean leftStrip,
    boolean rightStrip,
    boolean normalized,
    boolean special) {

  /** Runs of white space kept as added tokens are ordinary text: nobody is steered by them. */
  boolean isWhiteSpace() {
    return !special && content.isBlank();
  }
}
