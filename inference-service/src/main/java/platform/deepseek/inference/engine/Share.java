package platform.deepseek.inference.engine;

/**
 * A request's claim to the engine while others wait.
 *
 * @param tenant among whom the engine is shared
 * @param priority 0 first, {@link #LOWEST} last
 * @param weight of the tenant among those of the same priority: with twice the weight of another it
 *     gets twice the tokens
 */
public record Share(String tenant, int priority, int weight) {

  public static final int LOWEST = 9;

  /** Of everybody where nobody is told apart. */
  public static final Share EQUAL = new Share("", 5, 1);

  public Share {
    if (priority < 0 || priority > LOWEST || weight < 1) {
      throw new IllegalArgumentException(
          "priority %d is from 0 to %d and weight %d at least 1"
              .formatted(priority, LOWEST, weight));
    }
  }
}
