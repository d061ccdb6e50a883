package platform.deepseek.inference.api.account;

/**
 * What a request has used.
 *
 * @param promptTokens of the prompts that were computed
 * @param cachedTokens of these, those that were found and not computed
 * @param completionTokens generated, over all choices
 */
public record Consumption(long promptTokens, long cachedTokens, long completionTokens) {

  public static final Consumption NOTHING = new Consumption(0, 0, 0);
}
