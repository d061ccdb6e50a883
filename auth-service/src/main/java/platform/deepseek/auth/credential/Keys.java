package platform.deepseek.auth.credential;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import platform.deepseek.auth.network.AddressList;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.store.Page;
import platform.deepseek.auth.store.Row;
import platform.deepseek.auth.store.Session;
import platform.deepseek.auth.store.Times;

/** The table of API keys. */
public final class Keys {

  private static final String INSERT =
      """
      INSERT INTO api_key (id, lineage, environment, digest, tenant_id, account_id, name, role,
        models, addresses, scopes, created_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private final Database database;
  private final Pepper pepper;
  private final String environment;
  private final InstantSource clock;

  /**
   * @param environment that new keys are marked with
   */
  public Keys(Database database, Pepper pepper, String environment, InstantSource clock) {
    this.database = database;
    this.pepper = pepper;
    this.environment = environment;
    this.clock = clock;
  }

  /**
   * @throws platform.deepseek.auth.store.Conflict when the tenant or the user does not exist
   */
  public IssuedKey issue(KeyOrder order) {
    return database.change(session -> issue(session, order));
  }

  /** The same in a change that is open. */
  public IssuedKey issue(Session session, KeyOrder order) throws SQLException {
    ApiKey key = ApiKey.create(environment);
    return new IssuedKey(insert(session, key, key.id(), order), key);
  }

  /**
   * Makes a key like the old one, which works on for a while so that its holders can change over.
   *
   * @return nothing when there is no such key, or it works no more, or has a successor already
   */
  public Optional<IssuedKey> rotate(String id, Duration overlap) {
    ApiKey key = ApiKey.create(environment);
    Instant now = clock.instant();
    return database.change(
        session -> {
          Optional<StoredKey> old = find(session, id);
          if (old.isEmpty()
              || old.get().successor().isPresent()
              || old.get().stateAt(now) != StoredKey.State.ACTIVE) {
            return Optional.empty();
          }
          StoredKey fresh = insert(session, key, old.get().lineage(), orderLike(old.get()));
          session.run(
              "UPDATE api_key SET successor = ?, overlap_ends_at = ? WHERE id = ?",
              fresh.id(),
              now.plus(overlap),
              id);
          return Optional.of(new IssuedKey(fresh, key));
        });
  }

  /** From the next poll on, nowhere does it work. */
  public boolean revoke(String id) {
    Instant now = clock.instant();
    return database.change(
            session ->
                session.run(
                    "UPDATE api_key SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?",
                    now,
                    id))
        == 1;
  }

  /** Those of a user that are of other roles than these stop working, in a change that is open. */
  public static void revokeOthers(Session session, String user, Set<Role> allowed, Instant now)
      throws SQLException {
    for (Role role : Role.values()) {
      if (!allowed.contains(role)) {
        session.run(
            "UPDATE api_key SET revoked_at = COALESCE(revoked_at, ?)"
                + " WHERE account_id = ? AND role = ?",
            Times.stored(now),
            user,
            role.label());
      }
    }
  }

  /**
   * Those of a tenant and of a user, or of all.
   *
   * @return nothing when there is no row to begin after
   */
  public Optional<List<StoredKey>> page(Optional<String> tenant, Optional<String> user, Page page) {
    return database.read(
        session ->
            page.read(
                session,
                Keys::read,
                "api_key",
                Map.of("tenant_id", tenant, "account_id", user),
                "TRUE"));
  }

  public List<StoredKey> all() {
    return database.read(
        session -> session.list(Keys::read, "SELECT * FROM api_key ORDER BY created_at, id"));
  }

  public Optional<StoredKey> find(String id) {
    return database.read(session -> find(session, id));
  }

  public static Optional<StoredKey> find(Session session, String id) throws SQLException {
    return session.first(Keys::read, "SELECT * FROM api_key WHERE id = ?", id);
  }

  /** Those of these ids that are one's. */
  public static Set<String> existing(Session session, List<String> ids) throws SQLException {
    // A few lengths of the list, so that a few statements are prepared.
    int length = ids.size() == 1 ? 1 : ids.size() <= 16 ? 16 : Math.ceilDiv(ids.size(), 512) * 512;
    Object[] arguments = new Object[length];
    Arrays.setAll(arguments, i -> ids.get(Math.min(i, ids.size() - 1)));
    return Set.copyOf(
        session.list(
            row -> row.text("id"),
            "SELECT id FROM api_key WHERE id IN (?" + ", ?".repeat(length - 1) + ")",
            arguments));
  }

  private static KeyOrder orderLike(StoredKey key) {
    return new KeyOrder(
        key.tenant(), key.user(), key.name(), key.role(), key.restrictions(), key.expiresAt());
  }

  private StoredKey insert(Session session, ApiKey key, String lineage, KeyOrder order)
      throws SQLException {
    StoredKey stored =
        new StoredKey(
            key.id(),
            lineage,
            key.environment(),
            pepper.digest(key),
            order.tenant(),
            order.user(),
            order.name(),
            order.role(),
            order.restrictions(),
            Times.stored(clock.instant()),
            order.expiresAt().map(Times::stored),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    Restrictions restrictions = stored.restrictions();
    session.run(
        INSERT,
        stored.id(),
        stored.lineage(),
        stored.environment(),
        stored.digest(),
        stored.tenant(),
        stored.user().orElse(null),
        stored.name(),
        stored.role().label(),
        restrictions.models().orElse(null),
        restrictions.addresses().map(AddressList::texts).orElse(null),
        restrictions.scopes().map(Keys::labels).orElse(null),
        stored.createdAt(),
        stored.expiresAt().orElse(null));
    return stored;
  }

  private static List<String> labels(Set<Scope> scopes) {
    return scopes.stream().map(Scope::label).sorted().toList();
  }

  private static StoredKey read(Row row) throws SQLException {
    return new StoredKey(
        row.text("id"),
        row.text("lineage"),
        row.text("environment"),
        row.bytes("digest"),
        row.text("tenant_id"),
        Optional.ofNullable(row.text("account_id")),
        row.text("name"),
        Role.of(row.text("role")).orElseThrow(),
        new Restrictions(
            Optional.ofNullable(row.words("models")),
            Optional.ofNullable(row.words("addresses")).map(AddressList::of),
            Optional.ofNullable(row.words("scopes")).map(Keys::scopes)),
        row.time("created_at"),
        Optional.ofNullable(row.time("expires_at")),
        Optional.ofNullable(row.text("successor")),
        Optional.ofNullable(row.time("overlap_ends_at")),
        Optional.ofNullable(row.time("revoked_at")));
  }

  private static Set<Scope> scopes(List<String> labels) {
    return labels.stream()
        .map(label -> Scope.of(label).orElseThrow())
        .collect(Collectors.toUnmodifiableSet());
  }
}
