package platform.deepseek.auth.audit;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import platform.deepseek.auth.store.Row;

/**
 * A row of the book.
 *
 * @param columns what it is searched by; they repeat what the content says
 */
record StoredEntry(Columns columns, String content, byte[] hash) {

  /** What entries are found by. */
  record Columns(
      String partition,
      long sequence,
      Instant time,
      String tenant,
      String user,
      String key,
      String source,
      String action,
      String object,
      String outcome,
      String correlation) {

    static Columns of(Entry entry) {
      AuditEvent event = entry.event();
      return new Columns(
          entry.partition(),
          entry.sequence(),
          entry.time(),
          event.actor().tenant(),
          event.actor().user(),
          event.actor().key(),
          event.source(),
          event.action(),
          event.object(),
          event.outcome().label(),
          event.correlation());
    }
  }

  static StoredEntry of(Entry entry, byte[] previous) {
    String content = entry.content();
    return new StoredEntry(
        Columns.of(entry), content, Chain.next(entry.digest(), previous, content));
  }

  static StoredEntry read(Row row) throws SQLException {
    return new StoredEntry(
        new Columns(
            row.text("partition_id"),
            row.number("sequence"),
            row.time("occurred_at"),
            row.text("tenant_id"),
            row.text("user_id"),
            row.text("key_id"),
            row.text("source"),
            row.text("action"),
            row.text("object"),
            row.text("outcome"),
            row.text("correlation")),
        row.text("content"),
        row.bytes("hash"));
  }

  boolean isHash(byte[] other) {
    return Arrays.equals(hash, other);
  }
}
