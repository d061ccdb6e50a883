package platform.deepseek.auth.service;

import jakarta.inject.Singleton;
import java.util.Optional;
import org.jboss.logging.Logger;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.store.Conflict;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

/**
 * An empty database gets its first tenant and its first administrator, whose key is shown this
 * once: in the log, or in a local run in a file.
 */
@Singleton
final class FirstStart {

  static final String FIRST_TENANT = "platform";
  private static final Logger LOG = Logger.getLogger(FirstStart.class);

  private final AuthConfig config;
  private final Tenants tenants;
  private final Users users;
  private final Keys keys;
  private final LocalKeys localKeys;

  FirstStart(AuthConfig config, Tenants tenants, Users users, Keys keys, LocalKeys localKeys) {
    this.config = config;
    this.tenants = tenants;
    this.users = users;
    this.keys = keys;
    this.localKeys = localKeys;
  }

  void run() {
    Optional<Tenant> fresh = tenants.all().isEmpty() ? create() : Optional.empty();
    if (config.localKeysFolder().isPresent()) {
      localKeys.provide(config.localKeysFolder().get(), firstTenant());
    } else if (fresh.isPresent()) {
      enrol(fresh.get());
    }
  }

  /** Nothing when another replica was first. */
  private Optional<Tenant> create() {
    try {
      return Optional.of(tenants.create(FIRST_TENANT, 0));
    } catch (Conflict e) {
      LOG.debugf("another replica starts the same database: %s", e.getMessage());
      return Optional.empty();
    }
  }

  private Tenant firstTenant() {
    return tenants.all().stream()
        .filter(tenant -> tenant.name().equals(FIRST_TENANT))
        .findFirst()
        .orElseGet(() -> tenants.create(FIRST_TENANT, 0));
  }

  private void enrol(Tenant tenant) {
    User admin = users.create(tenant.id(), "admin", Role.ADMIN);
    IssuedKey issued =
        keys.issue(
            new KeyOrder(
                tenant.id(),
                Optional.of(admin.id()),
                "first administrator",
                Role.ADMIN,
                Restrictions.NONE,
                Optional.empty()));
    LOG.infof("First start. The administrator's key, shown this once: %s", issued.key().reveal());
  }
}
