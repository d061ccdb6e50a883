package platform.deepseek.inference.engine;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Takes requests and brings their tokens: one engine, or several with one queue. */
public interface GenerationService extends AutoCloseable {

  /**
   * Takes a request, from any thread. The consumer is called on a thread of the engine, must not
   * block, and hears every failure, overload included, as an event. If it throws, its request is
   * cancelled. What fails or ends before an engine has it may be told on the caller's own thread.
   *
   * @throws IllegalArgumentException the request is malformed: an empty prompt, a token outside the
   *     vocabulary, a negative maxTokens, an embedding and tokens to generate
   */
  Submission submit(GenerationRequest request, Consumer<TokenEvent> consumer);

  /** What it holds; from any thread. */
  EngineStats stats();

  /** What each engine held after its latest step: a new record for each, whatever the numbers. */
  List<EngineStats> statsOfEach();

  /** Tokens one sequence, prompt and answer, can have: the context, or less if memory is less. */
  int longestSequence();

  /** Sequences that can run at the same time, as configured. */
  int places();

  /** Numbers of an embedding. */
  int embeddingLength();

  /**
   * Somebody else has found that what computes cannot be relied on any more, such as files that
   * changed below it: all requests fail with DEVICE_LOST and it ends, as when a device is lost.
   */
  void lose(DeviceLostException failure);

  /**
   * Ends it: waiting requests fail with SHUTTING_DOWN at once, running ones may finish within
   * {@code grace} and fail with SHUTTING_DOWN after it. Returns when all has ended.
   */
  void close(Duration grace);

  /** Ends it without grace. */
  @Override
  default void close() {
    close(Duration.ZERO);
  }
}
