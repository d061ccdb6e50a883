package platform.deepseek.inference.engine;

/**
 * A request's claim to the engine while others wait.
 *
 * @param tenant among whom the engine is shared
 * @param priority 0 first, {@link #LOWEST} last
 * @param weight of the tenant among those of the same priority: with twice the weight of another it
 *     gets twice the tokens
 * @param holder among whom the tenant's part is shared
 * @param holderWeight of the holder among those of the same tenant
 */
public record Share(String tenant, int priority, int weight, String holder, int holderWeight) {

  public static final int LOWEST = 9;

  /** Of everybody where nobody is told apart. */
  public static final Share EQUAL = new Share("", 5, 1);

  public Share {
    if (priority < 0 || priority > LOWEST || weight < 1 || holderWeight < 1) {
      throw new IllegalArgumentException(
          "priority %d is from 0 to %d, weights %d and %d are at least 1"
              .formatted(priority, LOWEST, weight, holderWeight));
    }
  }

  /** Of a tenant whose holders are not told apart. */
  public Share(String tenant, int priority, int weight) {
    this(tenant, priority, weight, "", 1);
  }
}
