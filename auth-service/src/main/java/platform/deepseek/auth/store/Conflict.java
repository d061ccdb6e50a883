package platform.deepseek.auth.store;

import java.sql.SQLException;

/** A row would be there twice, or point to nothing. */
public final class Conflict extends RuntimeException {

  private static final long serialVersionUID = 1;

  Conflict(SQLException cause) {
    super(cause.getMessage(), cause);
  }
}
