package platform.deepseek.auth.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import platform.deepseek.auth.store.Database;

/** Looks into the book. */
public final class AuditReader {

  private final Database database;

  public AuditReader(Database database) {
    this.database = database;
  }

  /**
   * @param after the last event of the page before
   * @param most events of a page
   */
  public AuditPage find(AuditQuery query, Optional<AuditPage.Cursor> after, int most) {
    List<String> conditions = new ArrayList<>();
    List<Object> arguments = new ArrayList<>();
    query.from().ifPresent(time -> add(conditions, "occurred_at >= ?", arguments, time));
    query.to().ifPresent(time -> add(conditions, "occurred_at < ?", arguments, time));
    query.tenant().ifPresent(id -> add(conditions, "tenant_id = ?", arguments, id));
    query
        .actor()
        .ifPresent(id -> add(conditions, "(user_id = ? OR key_id = ?)", arguments, id, id));
    query.action().ifPresent(text -> addPattern(conditions, "action", arguments, text));
    query.object().ifPresent(text -> addPattern(conditions, "object", arguments, text));
    query.outcome().ifPresent(label -> add(conditions, "outcome = ?", arguments, label));
    query.source().ifPresent(address -> add(conditions, "source = ?", arguments, address));
    query.correlation().ifPresent(id -> add(conditions, "correlation = ?", arguments, id));
    after.ifPresent(
        cursor ->
            add(
                conditions,
                "(occurred_at, partition_id, sequence) < (?, ?, ?)",
                arguments,
                cursor.time(),
                cursor.partition(),
                cursor.sequence()));
    arguments.add(most + 1);
    String where = conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    List<StoredEntry> rows =
        database.read(
            session ->
                session.list(
                    StoredEntry::read,
                    "SELECT * FROM audit_entry"
                        + where
                        + " ORDER BY occurred_at DESC, partition_id DESC, sequence DESC LIMIT ?",
                    arguments.toArray()));
    List<AuditPage.Found> found = rows.stream().limit(most).map(AuditReader::found).toList();
    return new AuditPage(
        found,
        rows.size() > most
            ? Optional.of(found.getLast())
                .map(last -> new AuditPage.Cursor(last.time(), last.partition(), last.sequence()))
            : Optional.empty());
  }

  /** Checkpoints as a witness keeps them, from the given number on. */
  public List<String> checkpoints(long from, int most) {
    return database
        .read(
            session ->
                session.list(
                    StoredCheckpoint::read,
                    "SELECT * FROM audit_checkpoint WHERE number >= ? ORDER BY number LIMIT ?",
                    from,
                    most))
        .stream()
        .map(StoredCheckpoint::line)
        .toList();
  }

  /** The whole book, line by line, for the verifier. */
  public void export(Consumer<String> lines) {
    Export.write(new DatabaseEvidence(database), lines);
  }

  private static void add(
      List<String> conditions, String condition, List<Object> arguments, Object... values) {
    conditions.add(condition);
    arguments.addAll(Stream.of(values).toList());
  }

  private static void addPattern(
      List<String> conditions, String column, List<Object> arguments, String text) {
    if (text.endsWith("*")) {
      String start = text.substring(0, text.length() - 1);
      add(
          conditions,
          "SUBSTRING(" + column + " FROM 1 FOR ?) = ?",
          arguments,
          start.length(),
          start);
    } else {
      add(conditions, column + " = ?", arguments, text);
    }
  }

  /** What was tampered with is shown by its columns, and said to be. */
  private static AuditPage.Found found(StoredEntry row) {
    StoredEntry.Columns columns = row.columns();
    AuditEvent event;
    try {
      event = Entry.parse(row.content()).event();
    } catch (IllegalArgumentException e) {
      event =
          new AuditEvent(
              new Actor(columns.tenant(), columns.user(), columns.key(), ""),
              columns.source(),
              "audit.tampered",
              columns.object(),
              Outcome.FAILED,
              columns.correlation(),
              Map.of());
    }
    return new AuditPage.Found(columns.partition(), columns.sequence(), columns.time(), event);
  }
}
