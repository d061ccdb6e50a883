package platform.deepseek.auth.identity;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
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

/** Reads whatever belongs to a key or a person out of the database, and how fresh it is. */
public final class Directory {

  /**
   * @param disabled the tenant or the user is
   */
  record Holder(StoredKey key, boolean disabled, Identity identity) {}

  /** A user that somebody else vouches for, in the role that they say. */
  public record Person(String user, Role role) {}

  /**
   * @param disabled the tenant or the user is
   */
  public record Standing(boolean disabled, Identity identity) {}

  private final Database database;
  private final DefaultLimits defaults;

  public Directory(Database database, DefaultLimits defaults) {
    this.database = database;
    this.defaults = defaults;
  }

  /** Which of these keys there are. */
  Strangers.Existing existing(List<String> ids) {
    return database.read(
        session -> new Strangers.Existing(Database.revision(session), Keys.existing(session, ids)));
  }

  FreshCache.Dated<Holder> holder(String id) {
    return FreshCache.Dated.read(
        database,
        session -> {
          Optional<StoredKey> key = Keys.find(session, id);
          return key.isEmpty() ? Optional.empty() : Optional.of(holder(session, key.get()));
        });
  }

  /** Someone without a key: limits of the level key are theirs by the id of the user. */
  public FreshCache.Dated<Standing> standing(Person person) {
    return FreshCache.Dated.read(
        database,
        session -> {
          Optional<User> user = Users.find(session, person.user());
          return user.isEmpty()
              ? Optional.empty()
              : Optional.of(standing(session, user.get(), person.role()));
        });
  }

  private Holder holder(Session session, StoredKey key) throws SQLException {
    Tenant tenant = Tenants.find(session, key.tenant()).orElseThrow();
    Optional<User> user =
        key.user().isEmpty() ? Optional.empty() : Users.find(session, key.user().get());
    Account account = new Account(key.tenant(), key.user().orElse(""), key.lineage());
    return new Holder(
        key,
        disabled(tenant, user),
        identity(session, key.id(), account, key.role(), key.restrictions(), tenant));
  }

  private Standing standing(Session session, User user, Role role) throws SQLException {
    Tenant tenant = Tenants.find(session, user.tenant()).orElseThrow();
    Account account = new Account(tenant.id(), user.id(), user.id());
    return new Standing(
        disabled(tenant, Optional.of(user)),
        identity(session, "token:" + user.id(), account, role, Restrictions.NONE, tenant));
  }

  private static boolean disabled(Tenant tenant, Optional<User> user) {
    return tenant.disabledAt() != null || user.isPresent() && user.get().disabledAt() != null;
  }

  private Identity identity(
      Session session,
      String credential,
      Account account,
      Role role,
      Restrictions restrictions,
      Tenant tenant)
      throws SQLException {
    return new Identity(
        credential,
        account,
        account.user().isEmpty() ? Optional.empty() : Optional.of(account.user()),
        role,
        restrictions,
        Assurance.NONE,
        Treatment.of(session, tenant, account, role),
        bounds(session, account, role),
        PriceTable.all(session));
  }

  private List<Bound> bounds(Session session, Account account, Role role) throws SQLException {
    List<Bound> bounds = new ArrayList<>();
    Limits platform = LimitTable.get(session, Level.PLATFORM, "").orElse(defaults.platform());
    bounds.add(new Bound(Level.PLATFORM, "", platform));
    String tenant = account.tenant();
    bounds.add(new Bound(Level.TENANT, tenant, LimitTable.get(session, Level.TENANT, tenant)));
    if (!account.user().isEmpty()) {
      String user = account.user();
      bounds.add(new Bound(Level.USER, user, LimitTable.get(session, Level.USER, user)));
    }
    String key = account.key();
    Limits own = LimitTable.get(session, Level.KEY, key).orElse(defaults.of(role));
    bounds.add(new Bound(Level.KEY, key, own));
    bounds.removeIf(bound -> bound.limits().isEmpty());
    return bounds;
  }
}
