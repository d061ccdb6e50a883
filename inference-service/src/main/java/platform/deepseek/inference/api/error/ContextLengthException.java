package platform.deepseek.inference.api.error;

/**
 * A prompt that does not fit the context, alone or with the answer it asks for. Clients know this
 * failure by its words, and some read the numbers out of them to ask again for less, so each API
 * has its own: the message is OpenAI's, which DeepSeek's and vLLM's are, too.
 */
public final class ContextLengthException extends ApiException {

  private static final long serialVersionUID = 1;

  private final long promptTokens;
  private final boolean atLeast;
  private final int maxTokens;
  private final int contextLength;

  /**
   * @param atLeast whether the prompt was too long to be counted, so that it may have more tokens
   */
  public ContextLengthException(
      long promptTokens, boolean atLeast, int maxTokens, int contextLength) {
    super(
        ApiError.CONTEXT_LENGTH_EXCEEDED,
        ("This model's maximum context length is %d tokens. However, you requested %s%d tokens (%d"
                + " in the prompt, %d in the completion). Please reduce the length of the prompt or"
                + " completion.")
            .formatted(
                contextLength,
                atLeast ? "at least " : "",
                promptTokens + maxTokens,
                promptTokens,
                maxTokens),
        "max_tokens");
    this.promptTokens = promptTokens;
    this.atLeast = atLeast;
    this.maxTokens = maxTokens;
    this.contextLength = contextLength;
  }

  public long promptTokens() {
    return promptTokens;
  }

  /** Whether the prompt may have more tokens than that. */
  public boolean atLeast() {
    return atLeast;
  }

  public int maxTokens() {
    return maxTokens;
  }

  public int contextLength() {
    return contextLength;
  }
}
