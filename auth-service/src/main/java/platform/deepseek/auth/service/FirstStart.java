package platform.deepseek.auth.service;

import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import platform.deepseek.auth.audit.Audit;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.factor.Enrolment;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.store.Conflict;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

/**
 * An empty database gets its first tenant and its first administrator, whose key and second factor
 * are shown this once, in the log. A local run gets two keys in files instead.
 */
@Singleton
final class FirstStart {

  static final String FIRST_TENANT = "platform";
  static final String FIRST_ADMINISTRATOR = "admin";
  private static final Logger LOG = Logger.getLogger(FirstStart.class);

  private final AuthConfig config;
  private final Tenants tenants;
  private final Users users;
  private final Keys keys;
  private final Factors factors;
  private final Database database;
  private final LocalKeys localKeys;
  private final Audit audit;

  /** What is shown of the first administrator. */
  private record First(IssuedKey key, Enrolment enrolment) {}

  FirstStart(
      AuthConfig config,
      Tenants tenants,
      Users users,
      Keys keys,
      Factors factors,
      Database database,
      LocalKeys localKeys,
      Audit audit) {
    this.config = config;
    this.tenants = tenants;
    this.users = users;
    this.keys = keys;
    this.factors = factors;
    this.database = database;
    this.localKeys = localKeys;
    this.audit = audit;
  }

  void run() {
    if (config.localKeysFolder().isPresent()) {
      localKeys.provide(config.localKeysFolder().get(), firstTenant());
    } else if (tenants.all().isEmpty()) {
      begin().ifPresent(this::show);
    }
  }

  private Tenant firstTenant() {
    return find()
        .orElseGet(
            () -> {
              try {
                return tenants.create(FIRST_TENANT, 0);
              } catch (Conflict e) {
                LOG.debugf("another replica made the first tenant: %s", e.getMessage());
                return find().orElseThrow();
              }
            });
  }

  private Optional<Tenant> find() {
    return tenants.all().stream().filter(tenant -> tenant.name().equals(FIRST_TENANT)).findFirst();
  }

  /** All of it or nothing; nothing when another replica was first. */
  private Optional<First> begin() {
    Tenant tenant = tenants.prepare(FIRST_TENANT, 0);
    User admin = users.prepare(tenant.id(), FIRST_ADMINISTRATOR, Role.ADMIN);
    Enrolment enrolment = factors.prepare(admin.id(), admin.name());
    try {
      return Optional.of(
          database.change(
              session -> {
                Tenants.insert(session, tenant);
                Users.insert(session, admin);
                Factors.store(session, enrolment);
                return new First(keys.issue(session, order(tenant, admin)), enrolment);
              }));
    } catch (Conflict e) {
      LOG.debugf("another replica starts the same database: %s", e.getMessage());
      return Optional.empty();
    }
  }

  private static KeyOrder order(Tenant tenant, User admin) {
    return new KeyOrder(
        tenant.id(),
        Optional.of(admin.id()),
        "first administrator",
        Role.ADMIN,
        Restrictions.NONE,
        Optional.empty());
  }

  private void show(First first) {
    audit.record(
        AuditEvent.ofService(
            "service.first-start",
            "key/" + first.key().stored().id(),
            Map.of("tenant", first.key().stored().tenant())));
    LOG.infof(
        "First start. Shown this once: the administrator's key %s and the second factor %s - make a"
            + " QR code of it for an authenticator app, then send the app's first code to POST"
            + " /v1/admin/second-factor/confirmation, or run `make admin ARGS=\"confirm\"`.",
        first.key().key().reveal(), first.enrolment().uri());
  }
}
