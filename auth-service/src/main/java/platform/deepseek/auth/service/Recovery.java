package platform.deepseek.auth.service;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.audit.Actor;
import platform.deepseek.auth.audit.AuditEvent;
import platform.deepseek.auth.audit.AuditLog;
import platform.deepseek.auth.audit.Outcome;
import platform.deepseek.auth.credential.IssuedKey;
import platform.deepseek.auth.credential.KeyOrder;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.credential.Restrictions;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.crypto.CryptoProfile;
import platform.deepseek.auth.crypto.KeyRings;
import platform.deepseek.auth.crypto.MasterKey;
import platform.deepseek.auth.factor.Elevations;
import platform.deepseek.auth.factor.Enrolment;
import platform.deepseek.auth.factor.Factors;
import platform.deepseek.auth.factor.HashAlgorithm;
import platform.deepseek.auth.factor.Totp;
import platform.deepseek.auth.store.Database;
import platform.deepseek.auth.tenant.Tenant;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.User;
import platform.deepseek.auth.tenant.Users;

/**
 * Lets an administrator in again who has lost phone and recovery codes: what they had is worth
 * nothing any more, and they get a new key and a new second factor. It needs what only who runs the
 * machines has: the database, the pepper and the master key.
 */
final class Recovery {

  /** Why nothing was done. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String why) {
      super(why);
    }
  }

  /** What is shown once. */
  record Given(User user, IssuedKey key, Enrolment enrolment) {}

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final AuthConfig config;
  private final Database database;
  private final Pepper pepper;
  private final KeyRings rings;
  private final CryptoProfile profile;
  private final InstantSource clock;

  private Recovery(
      AuthConfig config,
      Database database,
      Pepper pepper,
      KeyRings rings,
      CryptoProfile profile,
      InstantSource clock) {
    this.config = config;
    this.database = database;
    this.pepper = pepper;
    this.rings = rings;
    this.profile = profile;
    this.clock = clock;
  }

  /**
   * @throws Refused when the secrets are not those that the database was made with
   */
  static Recovery of(AuthConfig config, CryptoConfig crypto, Database database, InstantSource clock)
      throws Refused {
    CryptoProfile profile = CryptoProfile.of(crypto.profile());
    Pepper pepper =
        config
            .pepper()
            .map(Pepper::of)
            .orElseGet(() -> Pepper.in(config.dataFolder().resolve("pepper")))
            .under(profile.digest());
    MasterKey master =
        crypto
            .masterKey()
            .map(MasterKey::of)
            .orElseGet(() -> MasterKey.in(config.dataFolder().resolve("master-key")));
    KeyRings rings = new KeyRings(database, master, profile, crypto.rotation(), clock);
    if (!database.tie(pepper.fingerprint())) {
      throw new Refused(
          "The keys in this database were made with another pepper: set deepseek.auth.pepper, or"
              + " deepseek.auth.data-folder, as the service has it.");
    }
    if (!rings.areOurs()) {
      throw new Refused(
          "The data keys in this database were wrapped with another master key: set"
              + " deepseek.crypto.master-key, or deepseek.auth.data-folder, as the service has it.");
    }
    return new Recovery(config, database, pepper, rings, profile, clock);
  }

  /**
   * Does it, after it is in the audit that it will be.
   *
   * @param name of the administrator, or their id
   * @param operator whom the audit is told did it
   */
  Given give(String tenant, String name, String operator) throws Refused {
    User user = find(tenant, name);
    try (AuditLog log = new AuditLog(database, profile.digest(), operator, PATIENCE, clock)) {
      log.recordFirst(event(user, operator, Outcome.ATTEMPTED, Map.of())).join();
      Given given = give(user);
      log.record(
          event(user, operator, Outcome.SUCCEEDED, Map.of("key", given.key().stored().id())));
      return given;
    }
  }

  private static AuditEvent event(
      User user, String operator, Outcome outcome, Map<String, String> more) {
    Map<String, String> details = new HashMap<>(more);
    details.put("operator", operator);
    return new AuditEvent(
        Actor.SERVICE, "", "administrator.recover", "users/" + user.id(), outcome, "", details);
  }

  private User find(String tenantName, String name) throws Refused {
    Optional<Tenant> tenant =
        new Tenants(database, clock)
            .all().stream()
                .filter(one -> one.name().equals(tenantName) || one.id().equals(tenantName))
                .findFirst();
    if (tenant.isEmpty()) {
      throw new Refused("There is no tenant '%s'.".formatted(tenantName));
    }
    List<User> found =
        new Users(database, clock)
            .all().stream()
                .filter(user -> user.tenant().equals(tenant.get().id()))
                .filter(user -> user.name().equals(name) || user.id().equals(name))
                .toList();
    if (found.isEmpty()) {
      throw new Refused("There is no user '%s' of the tenant '%s'.".formatted(name, tenantName));
    }
    User user = found.getFirst();
    if (user.role() != Role.ADMIN
        || user.disabledAt() != null
        || tenant.get().disabledAt() != null) {
      throw new Refused(
          "'%s' is no administrator who may come in: take one who is.".formatted(name));
    }
    return user;
  }

  /** All of it or nothing; replicas that run learn of it like of any change. */
  private Given give(User user) {
    Factors factors =
        new Factors(
            database,
            rings.ring(Factors.RING),
            pepper,
            new Totp(
                HashAlgorithm.of(config.totpAlgorithm()).orElse(HashAlgorithm.SHA1),
                config.totpDigits()),
            config.totpIssuer(),
            clock);
    Enrolment enrolment = factors.prepare(user.id(), user.name());
    Keys keys = new Keys(database, pepper, config.environment(), clock);
    KeyOrder order =
        new KeyOrder(
            user.tenant(),
            Optional.of(user.id()),
            "recovered administrator",
            Role.ADMIN,
            Restrictions.NONE,
            Optional.empty());
    return database.change(
        session -> {
          Factors.remove(session, user.id());
          Factors.store(session, enrolment);
          Elevations.revokeOfUser(session, user.id(), clock.instant());
          Keys.revokeOthers(session, user.id(), Set.of(), clock.instant());
          return new Given(user, keys.issue(session, order), enrolment);
        });
  }
}
