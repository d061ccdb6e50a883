package platform.deepseek.auth.crypto;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import platform.deepseek.auth.store.Database;

/**
 * Seals what stays anew with the key of the day, and then deletes data keys that nothing is sealed
 * with any more: so a key of last month, wherever it was copied to, opens nothing of today, and a
 * change of the profile reaches what was sealed before it.
 *
 * <p>Rows say themselves what is left to do. So it can end anywhere and go on later, and replicas
 * that do it at once need no leader: a row is replaced only while it holds what was read, and who
 * comes second finds it done. A data key is deleted only when it is older than a key that seals may
 * be by a day, and when a later look found every row of its ring sealed with another: no replica
 * still uses it then, and none remembers a value that needs it. Blocks.
 */
public final class Resealing {

  /**
   * What was done.
   *
   * @param sealed values that were sealed anew
   * @param kept values that could not be opened: whatever they need stays
   * @param deleted data keys
   */
  public record Done(String ring, int sealed, int kept, int deleted) {
    public boolean isSomething() {
      return sealed + kept + deleted > 0;
    }
  }

  private record Value(String id, byte[] sealed, byte[] context) {}

  private final Database database;
  private final KeyRings rings;
  private final List<SealedColumn> columns;

  public Resealing(Database database, KeyRings rings, List<SealedColumn> columns) {
    this.database = database;
    this.rings = rings;
    this.columns = List.copyOf(columns);
  }

  /** Does what is left to do; fails with StoreUnavailable, and can be called again. */
  public List<Done> run() {
    Map<String, List<SealedColumn>> byRing = new LinkedHashMap<>();
    columns.forEach(
        column -> byRing.computeIfAbsent(column.ring(), ring -> new ArrayList<>()).add(column));
    return byRing.entrySet().stream().map(ring -> run(ring.getKey(), ring.getValue())).toList();
  }

  private Done run(String name, List<SealedColumn> itsColumns) {
    KeyRing ring = rings.ring(name);
    int sealed = 0;
    int kept = 0;
    for (SealedColumn column : itsColumns) {
      for (Value value : values(column)) {
        try {
          sealed += reseal(ring, column, value) ? 1 : 0;
        } catch (CannotOpen unreadable) {
          kept++;
        }
      }
    }
    boolean settled = sealed == 0 && kept == 0;
    return new Done(name, sealed, kept, settled ? rings.forget(name, used(itsColumns)) : 0);
  }

  private boolean reseal(KeyRing ring, SealedColumn column, Value value) {
    if (ring.isCurrent(value.sealed())) {
      return false;
    }
    byte[] fresh = ring.reseal(value.sealed(), value.context());
    return database.write(
            session ->
                session.run(
                    "UPDATE %s SET %s = ? WHERE %s = ? AND %s = ?"
                        .formatted(column.table(), column.column(), column.id(), column.column()),
                    column.stored(fresh),
                    value.id(),
                    column.stored(value.sealed())))
        == 1;
  }

  private List<Value> values(SealedColumn column) {
    return database.read(
        session ->
            session.list(
                row -> new Value(row.text(column.id()), column.read(row), column.context().of(row)),
                "SELECT * FROM %s WHERE %s IS NOT NULL ORDER BY %s"
                    .formatted(column.table(), column.column(), column.id())));
  }

  private Set<UUID> used(List<SealedColumn> itsColumns) {
    Set<UUID> used = new HashSet<>();
    for (SealedColumn column : itsColumns) {
      values(column).forEach(value -> used.add(KeyRing.keyOf(value.sealed())));
    }
    return used;
  }
}
