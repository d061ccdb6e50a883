package platform.deepseek.inference.engine;

import java.time.Duration;

/**
 * A failure the engine can name. The code is the metric label and the documented table.
 *
 * @param message one sentence with the numbers in it and what to do
 * @param retryAfter null when trying again does not help
 */
public record EngineError(Code code, String message, Duration retryAfter) {

  public enum Code {
    /** The waiting queue is full. */
    QUEUE_FULL,
    /** The request did not start before its deadline. */
    DEADLINE_EXCEEDED,
    /** The sequence needs more KV memory than the engine, or the device, has. */
    OUT_OF_MEMORY,
    /** The model runner failed. */
    RUNNER_FAILED,
    /** The device is gone; the engine has ended. */
    DEVICE_LOST,
    /** The constraint of this one sequence broke; others are not concerned. */
    CONSTRAINT_FAILED,
    /** What the constraint of this one sequence allows takes too much work to find out. */
    CONSTRAINT_TOO_COSTLY,
    /** The engine is shutting down. */
    SHUTTING_DOWN
  }
}
