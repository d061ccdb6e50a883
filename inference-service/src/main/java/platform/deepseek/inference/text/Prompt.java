package platform.deepseek.inference.text;

import java.util.Arrays;
import java.util.Objects;

/**
 * A chat as the model sees it.
 *
 * @param tokens token ids, as the model was trained to read turns
 * @param text the rendered chat template
 */
public record Prompt(int[] tokens, String text) {

  @Override
  public boolean equals(Object other) {
    return other instanceof Prompt(int[] otherTokens, String otherText)
        && Arrays.equals(tokens, otherTokens)
        && text.equals(otherText);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(tokens), text);
  }

  /** Without the text, which is nobody's business in a log. */
  @Override
  public String toString() {
    return "Prompt[" + tokens.length + " tokens, " + text.length() + " chars]";
  }
}
