package platform.deepseek.inference.cuda;

/**
 * A function of a loaded module. Each of its parameters is 64 bits wide: an address, an integer, or
 * the bits of a double.
 *
 * @param handle the driver's
 * @param parameters that it takes, or {@link #UNKNOWN}
 */
public record Kernel(String name, long handle, int parameters) {

  /** The module's text does not tell; then a launch cannot be checked. */
  public static final int UNKNOWN = -1;

  /** Refuses another number of arguments: the driver would read what is behind them. */
  public void requireArguments(int count) {
    if (parameters != UNKNOWN && parameters != count) {
      throw new IllegalArgumentException(
          "kernel %s takes %d arguments and %d were given".formatted(name, parameters, count));
    }
  }
}
