package platform.deepseek.inference.engine;

/** A step that a runner has begun. */
public interface PendingStep {

  /**
   * Waits until the step has ended. Called once, on the loop thread; steps are awaited in the order
   * they were started, all of them, also those whose results nobody wants any more.
   *
   * @throws DeviceMemoryException the device had no memory for it
   * @throws DeviceLostException the device is gone
   * @throws RuntimeException the step failed; nothing in its slots is trusted afterwards
   */
  StepOutput await();

  /** A step that was computed when it was started. */
  static PendingStep of(StepOutput output) {
    return () -> output;
  }
}
