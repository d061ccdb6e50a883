package platform.deepseek.auth.store;

import java.sql.SQLException;

/** The database did not answer, or not as it should. Whoever waits for it is told 503. */
public final class StoreUnavailable extends RuntimeException {

  private static final long serialVersionUID = 1;

  StoreUnavailable(SQLException cause) {
    super("the database failed: " + cause.getMessage(), cause);
  }

  public StoreUnavailable(String message) {
    super(message);
  }
}
