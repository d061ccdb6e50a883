package platform.deepseek.inference.engine.draft;

/** Where drafts come from. */
public enum DraftSource {
  /** What the client says the answer will be. */
  PREDICTION,
  /** What followed where the latest tokens stood once before, in the prompt or the answer. */
  PROMPT_LOOKUP
}
