package platform.deepseek.auth.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.h2.api.Trigger;

/** What refuses changes to the audit in H2; PostgreSQL has the same as a function of its own. */
public final class AppendOnly implements Trigger {

  private static final String FORGOTTEN =
      "SELECT 1 FROM audit_partition WHERE id = ? AND ? <= forgotten";

  private String table;

  @Override
  public void init(
      Connection connection, String schema, String trigger, String name, boolean before, int type) {
    table = name;
  }

  @Override
  public void fire(Connection connection, Object[] old, Object[] fresh) throws SQLException {
    boolean isDeleted = fresh == null;
    if (!isDeleted || !table.equals("audit_entry") || !isForgotten(connection, old)) {
      throw new SQLException("rows of " + table + " are never changed", "P0001");
    }
  }

  private static boolean isForgotten(Connection connection, Object[] old) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FORGOTTEN)) {
      statement.setObject(1, old[0]); // partition_id
      statement.setObject(2, old[1]); // sequence
      try (ResultSet results = statement.executeQuery()) {
        return results.next();
      }
    }
  }
}
