package platform.deepseek.inference.api.stream;

/**
 * Why a choice ended.
 *
 * @param stopString the stop string that ended it, or null
 */
public record Ending(Reason reason, String stopString) {

  /** The names are OpenAI's and DeepSeek's {@code finish_reason}. */
  public enum Reason {
    /** The model ended it, or a stop string did. */
    STOP("stop"),
    /** max_tokens or the context was reached. */
    LENGTH("length"),
    /** The model waits for the results of tools. */
    TOOL_CALLS("tool_calls"),
    /** The server could not go on (DeepSeek). */
    INSUFFICIENT_SYSTEM_RESOURCE("insufficient_system_resource");

    public final String code;

    Reason(String code) {
      this.code = code;
    }
  }

  public static Ending of(Reason reason) {
    return new Ending(reason, null);
  }
}
