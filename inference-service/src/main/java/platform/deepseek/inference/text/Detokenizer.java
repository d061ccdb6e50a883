package platform.deepseek.inference.text;

import java.util.function.IntPredicate;

/**
 * Token ids to text while they are being generated: each call gives the text that has become
 * complete, never half a character. The pieces and the last {@link #flush} joined are what {@link
 * Tokenizer#decode} gives for all ids. For one sequence; not safe for several threads.
 */
public final class Detokenizer {

  private final Tokenizer tokenizer;
  private final IntPredicate skipped;
  private final Utf8Stream characters = new Utf8Stream();

  /**
   * @param skipSpecial whether special tokens are left out of the text
   */
  public Detokenizer(Tokenizer tokenizer, boolean skipSpecial) {
    this(tokenizer, token -> skipSpecial && tokenizer.isSpecial(token));
  }

  /**
   * @param skipped tokens that are left out of the text
   */
  public Detokenizer(Tokenizer tokenizer, IntPredicate skipped) {
    this.tokenizer = tokenizer;
    this.skipped = skipped;
  }

  /** The text this token completes, often a word, possibly empty. */
  public String append(int token) {
    if (skipped.test(token)) {
      return "";
    }
    var text = new StringBuilder();
    characters.append(tokenizer.bytes(token), text);
    return text.toString();
  }

  /** The end of the sequence: a character cut off there becomes U+FFFD. */
  public String flush() {
    var text = new StringBuilder();
    characters.flush(text);
    return text.toString();
  }
}
