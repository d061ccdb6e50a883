package platform.deepseek.auth.audit;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import platform.deepseek.auth.store.Session;

/** Deletes entries, which is possible only beside a signed checkpoint that says so. */
final class Forgetting {

  private Forgetting() {}

  /** The entries of all checkpoints up to this number are gone. */
  static long already(Session session) throws SQLException {
    return session
        .first(
            row -> row.number("number"),
            "SELECT COALESCE(MAX(forgotten), 0) AS number FROM audit_checkpoint")
        .orElse(0L);
  }

  /** The database lets go of what audit_partition says is forgotten, and of nothing else. */
  static void run(Session session, long after, long through) throws SQLException {
    Map<String, Long> ends = new HashMap<>();
    for (StoredCheckpoint stored :
        session.list(
            StoredCheckpoint::read,
            "SELECT * FROM audit_checkpoint WHERE number > ? AND number <= ?",
            after,
            through)) {
      for (Checkpoint.Range range : stored.checkpoint().ranges()) {
        ends.merge(range.partition(), range.to(), Math::max);
      }
    }
    for (Map.Entry<String, Long> end : ends.entrySet()) {
      session.run(
          "UPDATE audit_partition SET forgotten = ? WHERE id = ?", end.getValue(), end.getKey());
      session.run(
          "DELETE FROM audit_entry WHERE partition_id = ? AND sequence <= ?",
          end.getKey(),
          end.getValue());
    }
  }
}
