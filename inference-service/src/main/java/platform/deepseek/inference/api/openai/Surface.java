package platform.deepseek.inference.api.openai;

import platform.deepseek.inference.api.deepseek.DeepSeekErrors;
import platform.deepseek.inference.api.error.ErrorStyle;

/**
 * The address a client came to. Requests and answers are the same at each; what differs is how
 * failures are told and what DeepSeek asks of its own clients.
 */
public enum Surface {
  /** {@code /v1}: OpenAI's. */
  OPENAI(OpenAiErrors.STYLE),
  /** {@code /}: DeepSeek's. */
  DEEPSEEK(DeepSeekErrors.STYLE),
  /** {@code /beta}: DeepSeek's, where tools are all strict or none is. */
  DEEPSEEK_BETA(DeepSeekErrors.STYLE);

  public final ErrorStyle errors;

  Surface(ErrorStyle errors) {
    this.errors = errors;
  }

  public boolean deepSeek() {
    return this != OPENAI;
  }
}
