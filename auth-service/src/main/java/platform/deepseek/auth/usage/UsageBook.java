package platform.deepseek.auth.usage;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Usage on its way into the table: added up in memory by day, key and model, and written together,
 * so that the database has a few rows to touch a second and not one for every request. What a
 * killed process had not yet written is lost to reports; the counters that budgets are held by are
 * in Redis and have it.
 */
public final class UsageBook {

  private record Line(LocalDate day, Account account, String model) {}

  private final UsageTable table;
  private final Object writing = new Object();
  private Map<Line, UsageRow.Totals> open = new HashMap<>(); // guarded by this

  public UsageBook(UsageTable table) {
    this.table = table;
  }

  /** Notes one request. */
  public synchronized void add(
      LocalDate day, Account account, String model, Consumption used, Charge charge) {
    open.merge(
        new Line(day, account, model), UsageRow.Totals.of(used, charge), UsageRow.Totals::plus);
  }

  /**
   * Writes what is open.
   *
   * @throws platform.deepseek.auth.store.StoreUnavailable when it could not; then it is open still
   */
  public void flush() {
    synchronized (writing) {
      Map<Line, UsageRow.Totals> lines = take();
      if (lines.isEmpty()) {
        return;
      }
      List<UsageRow> rows = new ArrayList<>(lines.size());
      lines.forEach(
          (line, totals) -> rows.add(new UsageRow(line.day, line.account, line.model, totals)));
      boolean written = false;
      try {
        table.add(rows);
        written = true;
      } finally {
        if (!written) {
          putBack(lines);
        }
      }
    }
  }

  private synchronized Map<Line, UsageRow.Totals> take() {
    Map<Line, UsageRow.Totals> lines = open;
    open = new HashMap<>();
    return lines;
  }

  private synchronized void putBack(Map<Line, UsageRow.Totals> lines) {
    lines.forEach((line, totals) -> open.merge(line, totals, UsageRow.Totals::plus));
  }
}
