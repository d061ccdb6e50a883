package platform.deepseek.auth.limit;

import java.util.List;

/** What the counters say to a demand. */
sealed interface Answer permits Ruling, Answer.Unseeded {

  /** These budgets are not being kept yet: seed them and ask again. */
  record Unseeded(List<Budget> budgets) implements Answer {}

  /**
   * A budget of one bound and one day or month.
   *
   * @param number days since 1970, or months since the year 0, in UTC
   */
  record Budget(Bound bound, Period period, long number) {}

  enum Period {
    DAY(Measure.TOKENS_PER_DAY, Measure.MONEY_PER_DAY),
    MONTH(Measure.TOKENS_PER_MONTH, Measure.MONEY_PER_MONTH);

    private final Measure tokens;
    private final Measure money;

    Period(Measure tokens, Measure money) {
      this.tokens = tokens;
      this.money = money;
    }

    Measure tokens() {
      return tokens;
    }

    Measure money() {
      return money;
    }
  }
}
