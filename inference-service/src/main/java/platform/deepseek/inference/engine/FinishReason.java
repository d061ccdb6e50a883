package platform.deepseek.inference.engine;

/** Why a sequence ended. */
public enum FinishReason {
  /** A stop token was chosen. */
  STOP,
  /** max_tokens or the context length was reached. */
  LENGTH,
  /** The client went away or took back its request. */
  CANCELLED
}
