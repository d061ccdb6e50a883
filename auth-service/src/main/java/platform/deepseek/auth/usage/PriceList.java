package platform.deepseek.auth.usage;

import java.util.Map;

/** Prices by model. */
public record PriceList(Map<String, Price> prices) {

  /** The price of every model without one of its own. */
  public static final String ANY_MODEL = "*";

  public PriceList {
    prices = Map.copyOf(prices);
  }

  /** Free where there is no price at all. */
  public Price of(String model) {
    Price own = prices.get(model);
    return own != null ? own : prices.getOrDefault(ANY_MODEL, Price.FREE);
  }
}
