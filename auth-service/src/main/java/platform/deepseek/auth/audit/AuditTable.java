package platform.deepseek.auth.audit;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;

/** The tables of the book: rows are added, never changed. */
final class AuditTable {

  private static final String INSERT =
      """
      INSERT INTO audit_entry (partition_id, sequence, occurred_at, tenant_id, user_id, key_id,
        source, action, object, outcome, correlation, content, hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private final Database database;

  AuditTable(Database database) {
    this.database = database;
  }

  Database database() {
    return database;
  }

  /**
   * All or none.
   *
   * @param before hash of what is to be in front of them
   * @return false when it is there no more, and none was written
   * @throws platform.deepseek.auth.store.Conflict when one of the places is taken
   */
  boolean append(List<StoredEntry> entries, byte[] before) {
    return database.write(
        session -> {
          StoredEntry.Columns first = entries.getFirst().columns();
          if (first.sequence() > 1
              && !isThere(session, first.partition(), first.sequence() - 1, before)) {
            return false;
          }
          for (StoredEntry entry : entries) {
            insert(session, entry);
          }
          return true;
        });
  }

  /** Whether an entry is there, or was forgotten when its time was over. */
  private static boolean isThere(Session session, String partition, long sequence, byte[] hash)
      throws SQLException {
    return session
        .first(
            row -> true,
            "SELECT 1 AS found FROM audit_entry WHERE partition_id = ? AND sequence = ? AND hash = ?"
                + " UNION ALL SELECT 1 AS found FROM audit_partition"
                + " WHERE id = ? AND forgotten >= ?",
            partition,
            sequence,
            hash,
            partition,
            sequence)
        .isPresent();
  }

  private static void insert(Session session, StoredEntry entry) throws SQLException {
    StoredEntry.Columns columns = entry.columns();
    if (columns.sequence() == 1) {
      session.run(
          "INSERT INTO audit_partition (id, covered, forgotten) VALUES (?, 0, 0)",
          columns.partition());
    }
    session.run(
        INSERT,
        columns.partition(),
        columns.sequence(),
        columns.time(),
        columns.tenant(),
        columns.user(),
        columns.key(),
        columns.source(),
        columns.action(),
        columns.object(),
        columns.outcome(),
        columns.correlation(),
        entry.content(),
        entry.hash());
  }

  /** At most {@code most} rows of a partition, in their order. */
  static List<StoredEntry> entries(Session session, String partition, long from, long to, int most)
      throws SQLException {
    return session.list(
        StoredEntry::read,
        "SELECT * FROM audit_entry WHERE partition_id = ? AND sequence BETWEEN ? AND ?"
            + " ORDER BY sequence LIMIT ?",
        partition,
        from,
        to,
        most);
  }

  Optional<StoredEntry> find(String partition, long sequence) {
    return database.read(session -> entries(session, partition, sequence, sequence, 1)).stream()
        .findFirst();
  }

  static Optional<StoredCheckpoint> lastCheckpoint(Session session) throws SQLException {
    return session.first(
        StoredCheckpoint::read, "SELECT * FROM audit_checkpoint ORDER BY number DESC LIMIT 1");
  }
}
