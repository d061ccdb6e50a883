package platform.deepseek.auth.usage;

import java.time.LocalDate;

/** What one key used of one model on one day, in UTC. */
public record UsageRow(LocalDate day, Account account, String model, Totals totals) {

  /**
   * @param chargedMoney in millionths of the currency
   */
  public record Totals(
      long requests,
      long promptTokens,
      long cachedTokens,
      long completionTokens,
      long chargedTokens,
      long chargedMoney) {

    static Totals of(Consumption used, Charge charge) {
      return new Totals(
          1,
          used.promptTokens(),
          used.cachedTokens(),
          used.completionTokens(),
          charge.tokens(),
          charge.money());
    }

    Totals plus(Totals other) {
      return new Totals(
          requests + other.requests,
          promptTokens + other.promptTokens,
          cachedTokens + other.cachedTokens,
          completionTokens + other.completionTokens,
          chargedTokens + other.chargedTokens,
          chargedMoney + other.chargedMoney);
    }
  }
}
