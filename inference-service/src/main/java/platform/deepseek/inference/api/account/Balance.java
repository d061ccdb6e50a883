package platform.deepseek.inference.api.account;

import java.math.BigDecimal;
import java.util.List;

/**
 * What a caller has left.
 *
 * @param available whether requests are answered
 * @param funds one per currency; none where nothing is charged
 */
public record Balance(boolean available, List<Fund> funds) {

  /**
   * @param currency CNY or USD
   */
  public record Fund(String currency, BigDecimal total, BigDecimal granted, BigDecimal toppedUp) {}

  public Balance {
    funds = List.copyOf(funds);
  }
}
