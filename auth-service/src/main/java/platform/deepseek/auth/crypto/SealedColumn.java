package platform.deepseek.auth.crypto;

import java.sql.SQLException;
import java.util.Base64;
import platform.deepseek.auth.store.Row;

/**
 * Where a table has something sealed that stays: {@link Resealing} seals it anew.
 *
 * @param ring that it is sealed with
 * @param id column of the primary key
 * @param column with what is sealed; null where nothing is
 * @param form that the column has it in
 * @param context what a row's value is bound to
 */
public record SealedColumn(
    String ring, String table, String id, String column, Form form, Context context) {

  /** How a column has bytes. */
  public enum Form {
    BYTES,
    BASE_64
  }

  /** From a row to its associated data. */
  @FunctionalInterface
  public interface Context {
    byte[] of(Row row) throws SQLException;
  }

  byte[] read(Row row) throws SQLException {
    return switch (form) {
      case BYTES -> row.bytes(column);
      case BASE_64 -> Base64.getDecoder().decode(row.text(column));
    };
  }

  /** As an argument of a statement. */
  Object stored(byte[] sealed) {
    return switch (form) {
      case BYTES -> sealed;
      case BASE_64 -> Base64.getEncoder().encodeToString(sealed);
    };
  }
}
