package platform.deepseek.auth.usage;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Usage on its way into the table: added up in memory by day, key and model, and written together,
 * so that the database has a few rows to touch a second and not one for every request. What a
 * killed process had not yet written is lost to reports; the counters that budgets are held by are
 * in Redis and have it.
 *
 * <p>A batch that could not be written may be in the table all the same, when only the answer was
 * lost: it stays the same batch with the same number until it is known to be there.
 */
public final class UsageBook {

  private record Line(LocalDate day, Account account, String model) {}

  private final UsageTable table;
  private final String writer = UUID.randomUUID().toString();
  private final Object writing = new Object();
  private UsageTable.Batch last = new UsageTable.Batch(writer, 0, List.of()); // guarded by writing
  private boolean unwritten; // whether the last one may not be in the table; guarded by writing
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
      if (unwritten) {
        write();
      }
      List<UsageRow> rows = take();
      if (!rows.isEmpty()) {
        last = new UsageTable.Batch(writer, last.number() + 1, rows);
        unwritten = true;
        write();
      }
    }
  }

  private void write() {
    table.add(last);
    unwritten = false;
  }

  private synchronized List<UsageRow> take() {
    List<UsageRow> rows = new ArrayList<>(open.size());
    open.forEach(
        (line, totals) -> rows.add(new UsageRow(line.day, line.account, line.model, totals)));
    open = new HashMap<>();
    return rows;
  }
}
