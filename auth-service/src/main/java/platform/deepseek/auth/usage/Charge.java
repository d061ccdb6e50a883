package platform.deepseek.auth.usage;

/**
 * What is taken from budgets.
 *
 * @param money in millionths of the currency
 */
public record Charge(long tokens, long money) {

  public static final Charge NOTHING = new Charge(0, 0);
}
