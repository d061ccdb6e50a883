package platform.deepseek.inference.cuda;

/**
 * A function of a loaded module. Each of its parameters is 64 bits wide: an address, an integer, or
 * the bits of a double.
 *
 * @param handle the driver's
 * @param parameters that it takes, or {@link #UNKNOWN}
 * @param overlapping it may start before the kernel in front of it has ended, and waits for that
 *     one's results itself
 */
public record Kernel(String name, long handle, int parameters, boolean overlapping) {

  /** The module's text does not tell; then a launch cannot be checked. */
  public static final int UNKNOWN = -1;

  /** A kernel that starts when all before it is done. */
  public Kernel(String name, long handle, int parameters) {
    this(name, handle, parameters, false);
  }

  /** Refuses another number of arguments: the driver would read what is behind them. */
  public void requireArguments(int count) {
    if (parameters != UNKNOWN && parameters != count) {
      throw new IllegalArgumentException(
          "kernel %s takes %d arguments and %d were given".formatted(name, parameters, count));
    }
  }
}
