package platform.deepseek.auth.usage;

import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;

/** The table of usage by day, key and model. */
public final class UsageTable {

  private static final String INSERT =
      """
      INSERT INTO usage_total (on_day, key_id, model, tenant_id, account_id,
        requests, prompt_tokens, cached_tokens, completion_tokens, charged_tokens, charged_money)
      VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0)
      ON CONFLICT DO NOTHING
      """;

  private static final String ADD =
      """
      UPDATE usage_total SET requests = requests + ?, prompt_tokens = prompt_tokens + ?,
        cached_tokens = cached_tokens + ?, completion_tokens = completion_tokens + ?,
        charged_tokens = charged_tokens + ?, charged_money = charged_money + ?
      WHERE on_day = ? AND key_id = ? AND model = ?
      """;

  private static final String NEXT =
      "UPDATE usage_writer SET batch = ?, added_at = CURRENT_TIMESTAMP WHERE id = ? AND batch < ?";

  private static final String FIRST =
      """
      INSERT INTO usage_writer (id, batch, added_at) VALUES (?, ?, CURRENT_TIMESTAMP)
      ON CONFLICT DO NOTHING
      """;

  private static final String FORGET =
      "DELETE FROM usage_writer WHERE added_at < CURRENT_TIMESTAMP - INTERVAL '30' DAY";

  /**
   * Rows that are added together, and once.
   *
   * @param writer id of the process
   * @param number from 1, more than that of the batch before
   */
  record Batch(String writer, long number, List<UsageRow> rows) {
    Batch {
      rows = rows.stream().sorted(UsageTable::compare).toList();
    }
  }

  private final Database database;

  public UsageTable(Database database) {
    this.database = database;
  }

  /** Adds all of it or nothing; nothing, too, when it is there already. */
  void add(Batch batch) {
    database.write(
        session -> {
          if (isNew(session, batch)) {
            for (UsageRow row : batch.rows()) {
              if (add(session, row) == 0) {
                insert(session, row);
                add(session, row);
              }
            }
          }
          return null;
        });
  }

  private static boolean isNew(Session session, Batch batch) throws SQLException {
    if (session.run(NEXT, batch.number(), batch.writer(), batch.number()) == 1) {
      return true;
    }
    session.run(FORGET);
    return session.run(FIRST, batch.writer(), batch.number()) == 1;
  }

  /** Replicas that add at once lock rows in one order, so none waits for another in a circle. */
  private static int compare(UsageRow one, UsageRow other) {
    int days = one.day().compareTo(other.day());
    int keys = days != 0 ? days : one.account().key().compareTo(other.account().key());
    return keys != 0 ? keys : one.model().compareTo(other.model());
  }

  private static int add(Session session, UsageRow row) throws SQLException {
    UsageRow.Totals totals = row.totals();
    return session.run(
        ADD,
        totals.requests(),
        totals.promptTokens(),
        totals.cachedTokens(),
        totals.completionTokens(),
        totals.chargedTokens(),
        totals.chargedMoney(),
        row.day(),
        row.account().key(),
        row.model());
  }

  private static void insert(Session session, UsageRow row) throws SQLException {
    session.run(
        INSERT,
        row.day(),
        row.account().key(),
        row.model(),
        row.account().tenant(),
        row.account().user());
  }

  /**
   * What was charged to a subject on the days from one to another, both included.
   *
   * @param holder whose usage
   */
  public Charge charged(Holder holder, LocalDate from, LocalDate to) {
    String sums =
        "SELECT COALESCE(SUM(charged_tokens), 0) AS tokens, COALESCE(SUM(charged_money), 0) AS money"
            + " FROM usage_total WHERE on_day >= ? AND on_day <= ?";
    Session.Reader<Charge> reader = row -> new Charge(row.number("tokens"), row.number("money"));
    return database
        .read(
            session ->
                switch (holder) {
                  case Holder.Everybody() -> session.first(reader, sums, from, to);
                  case Holder.Tenant(String id) ->
                      session.first(reader, sums + " AND tenant_id = ?", from, to, id);
                  case Holder.User(String id) ->
                      session.first(reader, sums + " AND account_id = ?", from, to, id);
                  case Holder.Key(String id) ->
                      session.first(reader, sums + " AND key_id = ?", from, to, id);
                })
        .orElseThrow();
  }

  /**
   * The lines of a report.
   *
   * @param after the values of the last line that was seen; empty to begin with the first
   */
  public List<UsageReport.Line> lines(UsageReport report, List<String> after, int limit) {
    return database.read(session -> report.lines(session, after, limit));
  }
}
