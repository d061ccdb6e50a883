package platform.deepseek.auth.usage;

import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;

/**
 * What was used from one day to another, both included, added up in the database.
 *
 * @param only what is asked for, by dimension
 * @param by what the lines are told apart by, in their order; not empty
 */
public record UsageReport(
    LocalDate from, LocalDate to, Map<Dimension, String> only, List<Dimension> by) {

  private static final String SUMS =
      "SUM(requests) AS requests, SUM(prompt_tokens) AS prompt_tokens,"
          + " SUM(cached_tokens) AS cached_tokens, SUM(completion_tokens) AS completion_tokens,"
          + " SUM(charged_tokens) AS charged_tokens, SUM(charged_money) AS charged_money";

  /**
   * One line.
   *
   * @param subject by dimension; a day is written as 2027-01-31, a user may be empty
   */
  public record Line(Map<Dimension, String> subject, UsageRow.Totals totals) {}

  public UsageReport {
    only = Map.copyOf(only);
    by = List.copyOf(by);
    if (by.isEmpty()) {
      throw new IllegalArgumentException("a report tells its lines apart by something");
    }
  }

  /**
   * @param after the values of the last line that was seen, in the order of the dimensions; empty
   *     to begin with the first
   */
  List<Line> lines(Session session, List<String> after, int limit) throws SQLException {
    String columns = by.stream().map(Dimension::column).collect(Collectors.joining(", "));
    List<Object> arguments = new ArrayList<>(List.of(from, to));
    StringBuilder where = new StringBuilder("on_day >= ? AND on_day <= ?");
    only.forEach(
        (dimension, value) -> {
          where.append(" AND ").append(dimension.column()).append(" = ?");
          arguments.add(typed(dimension, value));
        });
    if (!after.isEmpty()) {
      String marks = by.stream().map(dimension -> "?").collect(Collectors.joining(", "));
      where.append(" AND (%s) > (%s)".formatted(columns, marks));
      for (int i = 0; i < by.size(); i++) {
        arguments.add(typed(by.get(i), after.get(i)));
      }
    }
    arguments.add(limit);
    return session.list(
        this::read,
        "SELECT %s, %s FROM usage_total WHERE %s GROUP BY %s ORDER BY %s LIMIT ?"
            .formatted(columns, SUMS, where, columns, columns),
        arguments.toArray());
  }

  private static Object typed(Dimension dimension, String value) {
    return dimension == Dimension.DAY ? LocalDate.parse(value) : value;
  }

  private Line read(Row row) throws SQLException {
    Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
    for (Dimension dimension : by) {
      subject.put(
          dimension,
          dimension == Dimension.DAY
              ? row.day(dimension.column()).toString()
              : row.text(dimension.column()));
    }
    return new Line(
        subject,
        new UsageRow.Totals(
            row.number("requests"),
            row.number("prompt_tokens"),
            row.number("cached_tokens"),
            row.number("completion_tokens"),
            row.number("charged_tokens"),
            row.number("charged_money")));
  }
}
