package platform.deepseek.auth.store;

import java.sql.SQLException;

/** A value that no row can hold, such as a text with a zero in it. The database is well. */
public final class Unstorable extends RuntimeException {

  private static final long serialVersionUID = 1;

  Unstorable(SQLException cause) {
    super(cause.getMessage(), cause);
  }
}
