package platform.deepseek.auth.store;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A part of a table whose rows have an id and the time at which they were made, in that order. A
 * page begins behind a row and not at a count, so that none is shown twice or left out while others
 * are made or go.
 *
 * @param after id of the last row that was seen; empty for the first page
 */
public record Page(int limit, Optional<String> after) {

  /** Everything, for those who need it. */
  public static final Page ALL = new Page(Integer.MAX_VALUE, Optional.empty());

  /**
   * The page's rows.
   *
   * @param equal columns that have to have a value; those without one are not asked for
   * @param condition in SQL that all rows meet
   * @return nothing when there is no row to begin after
   */
  public <T> Optional<List<T>> read(
      Session session,
      Session.Reader<T> reader,
      String table,
      Map<String, Optional<String>> equal,
      String condition)
      throws SQLException {
    StringBuilder sql = new StringBuilder("SELECT * FROM %s WHERE %s".formatted(table, condition));
    List<Object> arguments = new ArrayList<>();
    equal.forEach(
        (column, value) ->
            value.ifPresent(
                wanted -> {
                  sql.append(" AND ").append(column).append(" = ?");
                  arguments.add(wanted);
                }));
    if (after.isPresent()) {
      Optional<Instant> made =
          session.first(
              row -> row.time("created_at"),
              "SELECT created_at FROM %s WHERE id = ?".formatted(table),
              after.get());
      if (made.isEmpty()) {
        return Optional.empty();
      }
      sql.append(" AND (created_at > ? OR created_at = ? AND id > ?)");
      arguments.addAll(List.of(made.get(), made.get(), after.get()));
    }
    sql.append(" ORDER BY created_at, id LIMIT ?");
    arguments.add(limit);
    return Optional.of(session.list(reader, sql.toString(), arguments.toArray()));
  }
}
