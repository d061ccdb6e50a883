package platform.deepseek.inference.engine;

import java.util.List;
import platform.deepseek.inference.sampling.Sample;

/** What a request brings, in order: Started, Token*, then Finished or Failed exactly once. */
public sealed interface TokenEvent {

  /**
   * The first step with this sequence was run. {@code cachedTokens} of the prompt came from the
   * prefix cache. {@code promptScores}: for an echoed prompt, token 1 and on; else empty. {@code
   * embedding}: the prompt's, where it was asked for; else null. Sent after the whole prompt was
   * computed.
   */
  record Started(int cachedTokens, List<Sample> promptScores, float[] embedding)
      implements TokenEvent {

    /** Without an embedding. */
    public Started(int cachedTokens, List<Sample> promptScores) {
      this(cachedTokens, promptScores, null);
    }
  }

  /** One generated token; a stop token (end of sequence) is not sent. */
  record Token(Sample sample) implements TokenEvent {}

  record Finished(FinishReason reason, Usage usage) implements TokenEvent {}

  record Failed(EngineError error) implements TokenEvent {}
}
