package platform.deepseek.inference.text.answer;

/**
 * How a model writes that it calls tools. The markers are as the chat template writes them, with
 * the white space between them and what they enclose; models may leave it out.
 */
public sealed interface ToolFormat {

  /**
   * Each call is a JSON object with the tool's name and its arguments: Hermes and Qwen put it
   * between {@code <tool_call>} and {@code </tool_call>}, one pair per call; Llama's whole answer
   * is the object.
   *
   * @param open before the object; empty where the object is the whole answer
   * @param close after the object; empty with {@code open}
   * @param argumentsName the member with the arguments, {@code arguments} or {@code parameters};
   *     the name is in {@code name}
   */
  record JsonCalls(String open, String close, String argumentsName) implements ToolFormat {}

  /**
   * Markers around the name and around the arguments, which are a JSON object: DeepSeek.
   *
   * @param open before the first call
   * @param beforeName of each call
   * @param beforeArguments between name and arguments
   * @param afterArguments of each call
   * @param between two calls
   * @param close after the last call
   */
  record MarkedCalls(
      String open,
      String beforeName,
      String beforeArguments,
      String afterArguments,
      String between,
      String close)
      implements ToolFormat {}
}
