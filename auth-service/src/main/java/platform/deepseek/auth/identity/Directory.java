package platform.deepseek.auth.identity;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.limit.Bound;
import platform.deepseek.auth.limit.Level;
import platform.deepseek.auth.limit.LimitTable;
import platform.deepseek.auth.limit.Limits;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;
import platform.deepseek.auth.usage.Account;
import platform.deepseek.auth.usage.PriceTable;

/** Reads whatever belongs to a key out of the database, and how fresh it is. */
public final class Directory {

  /**
   * @param revision of the database: everything else is at least as new
   */
  record Entry(long revision, Optional<Holder> holder) {}

  /**
   * @param disabled the tenant or the user is
   */
  record Holder(StoredKey key, boolean disabled, Identity identity) {}

  private final Database database;
  private final DefaultLimits defaults;

  public Directory(Database database, DefaultLimits defaults) {
    this.database = database;
    this.defaults = defaults;
  }

  /** The revision is read first: a change that comes between makes the entry look old, not new. */
  Entry load(String id) {
    return database.read(
        session -> {
          long revision = Database.revision(session);
          Optional<StoredKey> key = Keys.find(session, id);
          return new Entry(
              revision, key.isEmpty() ? Optional.empty() : Optional.of(holder(session, key.get())));
        });
  }

  private Holder holder(Session session, StoredKey key) throws SQLException {
    Tenant tenant = Tenants.find(session, key.tenant()).orElseThrow();
    Optional<User> user =
        key.user().isEmpty() ? Optional.empty() : Users.find(session, key.user().get());
    boolean disabled =
        tenant.disabledAt() != null || user.isPresent() && user.get().disabledAt() != null;
    return new Holder(
        key,
        disabled,
        new Identity(
            key.id(),
            new Account(key.tenant(), key.user().orElse(""), key.lineage()),
            key.user(),
            key.role(),
            key.restrictions(),
            Assurance.NONE,
            tenant.cacheSalt(),
            tenant.priority(),
            bounds(session, key),
            PriceTable.all(session)));
  }

  private List<Bound> bounds(Session session, StoredKey key) throws SQLException {
    List<Bound> bounds = new ArrayList<>();
    Limits platform = LimitTable.get(session, Level.PLATFORM, "").orElse(defaults.platform());
    bounds.add(new Bound(Level.PLATFORM, "", platform));
    bounds.add(
        new Bound(Level.TENANT, key.tenant(), LimitTable.get(session, Level.TENANT, key.tenant())));
    if (key.user().isPresent()) {
      String user = key.user().get();
      bounds.add(new Bound(Level.USER, user, LimitTable.get(session, Level.USER, user)));
    }
    Limits own = LimitTable.get(session, Level.KEY, key.lineage()).orElse(defaults.of(key.role()));
    bounds.add(new Bound(Level.KEY, key.lineage(), own));
    bounds.removeIf(bound -> bound.limits().isEmpty());
    return bounds;
  }
}
