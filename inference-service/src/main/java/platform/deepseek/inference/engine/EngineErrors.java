package platform.deepseek.inference.engine;

import java.time.Duration;
import platform.deepseek.inference.engine.EngineError.Code;
import platform.deepseek.inference.sampling.ConstraintTooCostlyException;

/** The sentences of the engine's failures. */
final class EngineErrors {
  private EngineErrors() {}

  static EngineError queueFull(int waiting, int limit, Duration retryAfter) {
    return new EngineError(
        Code.QUEUE_FULL,
        "%d requests are waiting and the queue holds %d; try again in %d s"
            .formatted(waiting, limit, retryAfter.toSeconds()),
        retryAfter);
  }

  static EngineError deadlineExceeded(Duration waited, Duration startWithin, Duration retryAfter) {
    return new EngineError(
        Code.DEADLINE_EXCEEDED,
        "the request waited %d ms and had to start within %d ms; try again in %d s"
            .formatted(waited.toMillis(), startWithin.toMillis(), retryAfter.toSeconds()),
        retryAfter);
  }

  static EngineError outOfMemory(int prompt, int maxTokens, int longest) {
    return new EngineError(
        Code.OUT_OF_MEMORY,
        ("prompt (%d tokens) + max_tokens (%d) exceed the %d tokens the KV memory holds;"
                + " shorten the prompt or lower max_tokens")
            .formatted(prompt, maxTokens, longest),
        null);
  }

  static EngineError deviceMemory(int tokens, DeviceMemoryException failure) {
    return new EngineError(
        Code.OUT_OF_MEMORY,
        ("the device has no memory for a sequence of %d tokens, though no other is running (%s);"
                + " shorten it or free memory of the device")
            .formatted(tokens, failure.getMessage()),
        null);
  }

  static EngineError deviceLost(DeviceLostException failure) {
    return new EngineError(
        Code.DEVICE_LOST,
        "the device is lost (%s); send the request again when the server has restarted"
            .formatted(failure.getMessage()),
        Duration.ofSeconds(5));
  }

  /** Its cause is for the log: it names classes, libraries and addresses. */
  static EngineError runnerFailed(Throwable failure) {
    return new EngineError(
        Code.RUNNER_FAILED,
        "the model failed while running (%s): send the request again; the log has the cause"
            .formatted(failure.getClass().getSimpleName()),
        Duration.ofSeconds(1));
  }

  static EngineError constraintFailed(Throwable failure) {
    if (failure instanceof ConstraintTooCostlyException) {
      return new EngineError(
          Code.CONSTRAINT_TOO_COSTLY,
          "what was asked of the answer's form could not be followed: " + failure.getMessage(),
          null);
    }
    return new EngineError(
        Code.CONSTRAINT_FAILED,
        "what was asked of the answer's form could not be followed (%s); send the request without it"
            .formatted(failure),
        null);
  }

  static EngineError shuttingDown() {
    return new EngineError(
        Code.SHUTTING_DOWN,
        "the server is shutting down; send the request again, another replica will take it",
        Duration.ofSeconds(5));
  }
}
