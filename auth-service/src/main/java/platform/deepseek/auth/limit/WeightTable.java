package platform.deepseek.auth.limit;

import java.sql.SQLException;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;

/** The table of weights that people set. */
public final class WeightTable {

  /**
   * With twice the weight of another, somebody gets twice the tokens while both wait.
   *
   * @param subject id of the tenant or the user, lineage of the key
   * @param weight from {@link #LEAST} to {@link #MOST}
   */
  public record Weight(Level level, String subject, int weight) {}

  public static final int LEAST = 1;
  public static final int MOST = 100;

  private final Database database;

  public WeightTable(Database database) {
    this.database = database;
  }

  /**
   * Replaces the weight of a subject; an empty one takes it away.
   *
   * @param change may refuse by an exception
   */
  public void update(Level level, String subject, UnaryOperator<OptionalInt> change) {
    database.change(
        session -> {
          OptionalInt weight = change.apply(get(session, level, subject));
          session.run(
              "DELETE FROM share_weight WHERE level = ? AND subject = ?", level.label(), subject);
          if (weight.isPresent()) {
            session.run(
                "INSERT INTO share_weight (level, subject, weight) VALUES (?, ?, ?)",
                level.label(),
                subject,
                weight.getAsInt());
          }
          return null;
        });
  }

  public OptionalInt get(Level level, String subject) {
    return database.read(session -> get(session, level, subject));
  }

  /** Empty where nobody set one. */
  public static OptionalInt get(Session session, Level level, String subject) throws SQLException {
    return session
        .first(
            WeightTable::read,
            "SELECT * FROM share_weight WHERE level = ? AND subject = ?",
            level.label(),
            subject)
        .map(row -> OptionalInt.of(row.weight()))
        .orElse(OptionalInt.empty());
  }

  public List<Weight> all() {
    return database.read(
        session ->
            session.list(WeightTable::read, "SELECT * FROM share_weight ORDER BY level, subject"));
  }

  private static Weight read(Row row) throws SQLException {
    return new Weight(
        Level.of(row.text("level")).orElseThrow(), row.text("subject"), (int) row.number("weight"));
  }
}
