package platform.deepseek.inference.text;

import java.util.Collection;

/** Two neighbouring vocabulary entries that byte-pair encoding joins into a third. */
record Merge(String left, String right) {

  /**
   * @param text both, with a space between; the left one may begin with a space of its own
   */
  static Merge parse(String text) {
    int space = text.indexOf(' ', 1);
    if (space < 0) {
      throw new TokenizerException(
          "The merge \"%s\" is not two tokens with a space between: the file is damaged."
              .formatted(text));
    }
    return new Merge(text.substring(0, space), text.substring(space + 1));
  }

  boolean touches(Collection<String> tokens) {
    return tokens.contains(left) || tokens.contains(right) || tokens.contains(left + right);
  }
}
