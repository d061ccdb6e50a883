package platform.deepseek.inference.text.answer;

/** What the first character of an answer belongs to, as the end of the prompt tells. */
public enum AnswerStart {
  /** The prompt has opened the reasoning and not closed it. */
  REASONING,
  /** The prompt has closed the reasoning, or the model does not reason. */
  CONTENT,
  /** The prompt says nothing: the model opens its reasoning itself, or answers at once. */
  EITHER
}
