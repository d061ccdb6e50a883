package platform.deepseek.auth.limit;

import java.time.InstantSource;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.auth.usage.Charge;
import platform.deepseek.auth.usage.UsageBook;
import platform.deepseek.auth.usage.UsageTable;

/**
 * What is left of budgets, by the book: what was settled, of this process up to now, of others up
 * to a second ago. What requests that still run have reserved is not in it.
 */
public final class Budgets {

  /**
   * A budget and what was used of it.
   *
   * @param limit tokens, or millionths of the currency
   */
  public record Budget(Level level, Measure measure, long limit, long used) {
    public long left() {
      return Math.max(0, limit - used);
    }
  }

  private final UsageBook book;
  private final UsageTable table;
  private final InstantSource clock;

  public Budgets(UsageBook book, UsageTable table, InstantSource clock) {
    this.book = book;
    this.table = table;
    this.clock = clock;
  }

  /** All budgets of these bounds; fails with StoreUnavailable. Blocks. */
  public List<Budget> of(List<Bound> bounds) {
    book.flush();
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    YearMonth month = YearMonth.from(today);
    List<Budget> budgets = new ArrayList<>();
    for (Bound bound : bounds) {
      add(budgets, bound, Measure.TOKENS_PER_DAY, Measure.MONEY_PER_DAY, today, today);
      add(
          budgets,
          bound,
          Measure.TOKENS_PER_MONTH,
          Measure.MONEY_PER_MONTH,
          month.atDay(1),
          month.atEndOfMonth());
    }
    return budgets;
  }

  private void add(
      List<Budget> budgets,
      Bound bound,
      Measure tokens,
      Measure money,
      LocalDate first,
      LocalDate last) {
    if (bound.limits().get(tokens).isEmpty() && bound.limits().get(money).isEmpty()) {
      return;
    }
    Charge used = table.charged(bound.holder(), first, last);
    bound
        .limits()
        .get(tokens)
        .ifPresent(limit -> budgets.add(new Budget(bound.level(), tokens, limit, used.tokens())));
    bound
        .limits()
        .get(money)
        .ifPresent(limit -> budgets.add(new Budget(bound.level(), money, limit, used.money())));
  }
}
