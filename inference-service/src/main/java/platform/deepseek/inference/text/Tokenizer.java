package platform.deepseek.inference.text;

import java.util.OptionalInt;

/** Text to token ids and back. Safe for use by many threads. */
public interface Tokenizer {

  /**
   * Token ids of a text.
   *
   * @param parseSpecial whether special and added tokens written in the text become their ids; a
   *     user's own words never do
   * @param addSpecial whether the tokenizer's own beginning-of-sequence token is put in front
   */
  int[] encode(String text, boolean parseSpecial, boolean addSpecial);

  /** The bytes a token stands for: not always whole characters. Special tokens give their text. */
  byte[] bytes(int token);

  /** All bytes of the tokens as text; invalid bytes become U+FFFD. */
  String decode(int[] tokens, boolean skipSpecial);

  /** Whether the token is special (skipped in an answer). */
  boolean isSpecial(int token);

  int vocabularySize();

  /** The id of a token by its literal text, such as an end-of-turn marker. */
  OptionalInt id(String token);

  OptionalInt beginOfSequence();

  OptionalInt endOfSequence();
}
