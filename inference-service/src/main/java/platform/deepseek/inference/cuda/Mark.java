package platform.deepseek.inference.cuda;

/** A place in the device's queue, to learn when the work before it is done. */
public interface Mark extends AutoCloseable {

  /** Sets the mark behind all that was queued until now, away from where it was. */
  void record();

  /** Waits until the device reaches the mark, spinning; returns at once if it was never set. */
  void await();

  /** Whether the device has reached the mark; true if it was never set. */
  boolean reached();

  @Override
  void close();
}
