package platform.deepseek.auth.identity;

import java.sql.SQLException;
import java.util.OptionalInt;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.limit.Level;
import platform.deepseek.auth.limit.WeightTable;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.usage.Account;

/**
 * How requests that were let in are treated by the services that answer them.
 *
 * @param cacheSalt goes into every cache key
 * @param priority in the engine's queue, 0 first
 * @param weight of the tenant among those of its priority: the engine is shared by it
 * @param holderWeight of the user, or of the key that is nobody's own, within the tenant
 * @param promptBytes of each request that the tenant's audit keeps; usually 0
 */
public record Treatment(
    String cacheSalt, int priority, int weight, int holderWeight, int promptBytes) {

  private static final int USUAL_WEIGHT = 10;

  /** The key's weight, else its user's, else that of its role: a guest gets a tenth of others. */
  static Treatment of(Session session, Tenant tenant, Account account, Role role)
      throws SQLException {
    OptionalInt key = WeightTable.get(session, Level.KEY, account.key());
    OptionalInt own =
        key.isEmpty() && !account.user().isEmpty()
            ? WeightTable.get(session, Level.USER, account.user())
            : key;
    return new Treatment(
        tenant.cacheSalt(),
        tenant.priority(),
        WeightTable.get(session, Level.TENANT, tenant.id()).orElse(USUAL_WEIGHT),
        own.orElse(usual(role)),
        tenant.promptBytes());
  }

  private static int usual(Role role) {
    return switch (role) {
      case ADMIN, DEVELOPER, AUDITOR -> USUAL_WEIGHT;
      case GUEST -> 1;
    };
  }
}
