package platform.deepseek.inference.text;

/** A tokenizer that cannot be used; the message names the file or field and what would be right. */
public final class TokenizerException extends RuntimeException {

  public TokenizerException(String message) {
    super(message);
  }

  public TokenizerException(String message, Throwable cause) {
    super(message, cause);
  }
}
