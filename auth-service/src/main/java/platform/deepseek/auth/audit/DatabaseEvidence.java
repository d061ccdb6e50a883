package platform.deepseek.auth.audit;

import java.util.List;
import java.util.function.Consumer;
import platform.deepseek.auth.store.Database;

/** The tables themselves, read page by page. */
final class DatabaseEvidence implements Evidence {

  private static final int PAGE = 1_000;

  private final Database database;

  DatabaseEvidence(Database database) {
    this.database = database;
  }

  @Override
  public void checkpoints(Consumer<StoredCheckpoint> consumer) {
    long after = Long.MIN_VALUE;
    List<StoredCheckpoint> page;
    do {
      long from = after;
      page =
          database.read(
              session ->
                  session.list(
                      StoredCheckpoint::read,
                      "SELECT * FROM audit_checkpoint WHERE number > ? ORDER BY number LIMIT ?",
                      from,
                      PAGE));
      page.forEach(consumer);
      after = page.isEmpty() ? after : page.getLast().number();
    } while (page.size() == PAGE);
  }

  @Override
  public List<String> partitions() {
    return database.read(
        session ->
            session.list(
                row -> row.text("partition_id"),
                "SELECT DISTINCT partition_id FROM audit_entry ORDER BY partition_id"));
  }

  @Override
  public List<StoredEntry> entries(String partition, long from, long to, int most) {
    return database.read(session -> AuditTable.entries(session, partition, from, to, most));
  }
}
