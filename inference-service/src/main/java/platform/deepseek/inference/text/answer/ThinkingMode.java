package platform.deepseek.inference.text.answer;

/** Whether a request wants the model to reason. */
public enum ThinkingMode {
  ON,
  OFF,
  /** As the model does it by itself. */
  DEFAULT
}
