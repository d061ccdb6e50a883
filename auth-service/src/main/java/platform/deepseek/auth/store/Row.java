package platform.deepseek.auth.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.OptionalLong;

/** One row of an answer. Absent values are null, or empty where the type has it. */
public final class Row {

  private final ResultSet results;

  Row(ResultSet results) {
    this.results = results;
  }

  public String text(String column) throws SQLException {
    return results.getString(column);
  }

  /** Words separated by blanks, or null. */
  public List<String> words(String column) throws SQLException {
    String text = results.getString(column);
    return text == null ? null : text.isEmpty() ? List.of() : List.of(text.split(" "));
  }

  public long number(String column) throws SQLException {
    return results.getLong(column);
  }

  public boolean flag(String column) throws SQLException {
    return results.getBoolean(column);
  }

  public OptionalLong optionalNumber(String column) throws SQLException {
    long number = results.getLong(column);
    return results.wasNull() ? OptionalLong.empty() : OptionalLong.of(number);
  }

  public Instant time(String column) throws SQLException {
    OffsetDateTime time = results.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  public LocalDate day(String column) throws SQLException {
    return results.getObject(column, LocalDate.class);
  }

  public byte[] bytes(String column) throws SQLException {
    return results.getBytes(column);
  }
}
