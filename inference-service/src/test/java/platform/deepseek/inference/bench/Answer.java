package platform.deepseek.inference.bench;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import platform.deepseek.inference.engine.FinishReason;
import platform.deepseek.inference.engine.TokenEvent;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.sampling.TokenLogprob;

/** An engine's answer as it comes; written on its loop thread, read anywhere. */
final class Answer implements Consumer<TokenEvent> {

  private final CompletableFuture<Void> mayBegin;
  private final CompletableFuture<FinishReason> ended = new CompletableFuture<>();
  private final int[] tokens;
  private final float[] margins;
  private volatile int count;

  Answer(int maxTokens) {
    this(maxTokens, CompletableFuture.completedFuture(null));
  }

  /**
   * @param mayBegin the engine waits for it before the first token
   */
  Answer(int maxTokens, CompletableFuture<Void> mayBegin) {
    this.mayBegin = mayBegin;
    this.tokens = new int[maxTokens];
    this.margins = new float[maxTokens];
  }

  @Override
  public void accept(TokenEvent event) {
    switch (event) {
      case TokenEvent.Started started -> mayBegin.join();
      case TokenEvent.Token token -> take(token.sample());
      case TokenEvent.Finished finished -> ended.complete(finished.reason());
      case TokenEvent.Failed failed ->
          ended.completeExceptionally(
              new IllegalStateException("the engine failed: " + failed.error().message()));
    }
  }

  private void take(Sample sample) {
    int place = count;
    tokens[place] = sample.token();
    List<TokenLogprob> top = sample.top();
    margins[place] = top.size() < 2 ? Float.NaN : top.get(0).logprob() - top.get(1).logprob();
    // Volatile: who reads the count sees the tokens.
    count = place + 1;
  }

  CompletableFuture<FinishReason> ended() {
    return ended;
  }

  /** Tokens so far. */
  int count() {
    return count;
  }

  int[] tokens() {
    return Arrays.copyOf(tokens, count);
  }

  /** How far the best token was before the second at a place; NaN where that was not asked. */
  float margin(int place) {
    return margins[place];
  }
}
