package platform.deepseek.inference.api.stream;

/** Why a choice ended, as OpenAI's {@code finish_reason}. */
public enum Ending {
  /** The model ended it, or a stop string did. */
  STOP("stop"),
  /** max_tokens or the context was reached. */
  LENGTH("length");

  public final String reason;

  Ending(String reason) {
    this.reason = reason;
  }
}
