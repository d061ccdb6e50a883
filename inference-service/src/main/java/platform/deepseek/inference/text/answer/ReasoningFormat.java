package platform.deepseek.inference.text.answer;

/**
 * How a model sets its reasoning apart.
 *
 * @param open the text that begins it, such as {@code <think>}
 * @param close the text that ends it
 */
public record ReasoningFormat(String open, String close) {

  /** DeepSeek's form, which Qwen and others took over. */
  static final ReasoningFormat THINK = new ReasoningFormat("<think>", "</think>");
}
