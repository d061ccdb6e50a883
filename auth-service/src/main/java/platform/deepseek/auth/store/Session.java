package platform.deepseek.auth.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Statements on one connection. Arguments may be texts, numbers, times, days, bytes and words. */
public final class Session {

  /** Makes a value of a row. */
  @FunctionalInterface
  public interface Reader<T> {
    T read(Row row) throws SQLException;
  }

  private final Connection connection;

  Session(Connection connection) {
    this.connection = connection;
  }

  public <T> List<T> list(Reader<T> reader, String sql, Object... arguments) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, arguments);
      try (ResultSet results = statement.executeQuery()) {
        List<T> list = new ArrayList<>();
        Row row = new Row(results);
        while (results.next()) {
          list.add(reader.read(row));
        }
        return list;
      }
    }
  }

  public <T> Optional<T> first(Reader<T> reader, String sql, Object... arguments)
      throws SQLException {
    return list(reader, sql, arguments).stream().findFirst();
  }

  /**
   * @return rows touched
   */
  public int run(String sql, Object... arguments) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, arguments);
      return statement.executeUpdate();
    }
  }

  private static void bind(PreparedStatement statement, Object... arguments) throws SQLException {
    for (int i = 0; i < arguments.length; i++) {
      int at = i + 1;
      switch (arguments[i]) {
        case null -> statement.setNull(at, Types.NULL);
        case Instant time -> statement.setObject(at, time.atOffset(ZoneOffset.UTC));
        case byte[] bytes -> statement.setBytes(at, bytes);
        case OptionalLong number when number.isEmpty() -> statement.setNull(at, Types.BIGINT);
        case OptionalLong number -> statement.setLong(at, number.getAsLong());
        case Collection<?> words -> statement.setString(at, joined(words));
        default -> statement.setObject(at, arguments[i]);
      }
    }
  }

  private static String joined(Collection<?> words) {
    return String.join(" ", words.stream().map(Object::toString).toList());
  }
}
