package platform.deepseek.auth.limit;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;

/** The table of limits that people set. */
public final class LimitTable {

  private static final String COLUMNS =
      Stream.of(Measure.values()).map(Measure::column).collect(Collectors.joining(", "));
  private static final String MARKS =
      Stream.of(Measure.values()).map(measure -> "?").collect(Collectors.joining(", "));

  private final Database database;

  public LimitTable(Database database) {
    this.database = database;
  }

  /** Replaces all limits of a subject; {@link Limits#NONE} takes them away. */
  public void set(Level level, String subject, Limits limits) {
    update(level, subject, old -> limits);
  }

  /**
   * Replaces all limits of a subject by what is made of them.
   *
   * @param change may refuse by an exception
   */
  public void update(Level level, String subject, UnaryOperator<Limits> change) {
    database.change(
        session -> {
          Limits limits = change.apply(get(session, level, subject));
          session.run("DELETE FROM limits WHERE level = ? AND subject = ?", level.label(), subject);
          if (!limits.isEmpty()) {
            session.run(
                "INSERT INTO limits (level, subject, %s) VALUES (?, ?, %s)"
                    .formatted(COLUMNS, MARKS),
                arguments(level, subject, limits));
          }
          return null;
        });
  }

  private static Object[] arguments(Level level, String subject, Limits limits) {
    List<Object> arguments = new ArrayList<>(List.of(level.label(), subject));
    for (Measure measure : Measure.values()) {
      arguments.add(limits.get(measure));
    }
    return arguments.toArray();
  }

  public Limits get(Level level, String subject) {
    return database.read(session -> get(session, level, subject));
  }

  public static Limits get(Session session, Level level, String subject) throws SQLException {
    return session
        .first(
            LimitTable::read,
            "SELECT * FROM limits WHERE level = ? AND subject = ?",
            level.label(),
            subject)
        .orElse(Limits.NONE);
  }

  public List<Bound> all() {
    return database.read(
        session ->
            session.list(
                row ->
                    new Bound(
                        Level.of(row.text("level")).orElseThrow(), row.text("subject"), read(row)),
                "SELECT * FROM limits ORDER BY level, subject"));
  }

  private static Limits read(Row row) throws SQLException {
    EnumMap<Measure, Long> values = new EnumMap<>(Measure.class);
    for (Measure measure : Measure.values()) {
      OptionalLong value = row.optionalNumber(measure.column());
      if (value.isPresent()) {
        values.put(measure, value.getAsLong());
      }
    }
    return new Limits(values);
  }
}
