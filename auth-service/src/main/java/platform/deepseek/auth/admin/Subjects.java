package platform.deepseek.auth.admin;

import jakarta.inject.Singleton;
import platform.deepseek.auth.credential.Keys;
import platform.deepseek.auth.credential.StoredKey;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.limit.Level;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.tenant.Users;

/** Whom a path names by level and id. */
@Singleton
final class Subjects {

  private static final String ALL = "all";

  private final Tenants tenants;
  private final Users users;
  private final Keys keys;

  Subjects(Tenants tenants, Users users, Keys keys) {
    this.tenants = tenants;
    this.users = users;
    this.keys = keys;
  }

  static Level level(String label) {
    return Level.of(label).orElseThrow(() -> BadRequest.notFound("level '%s'".formatted(label)));
  }

  /** As tables have it: nothing for the platform, of a key the first it was rotated from. */
  String stored(Level level, String subject) {
    String stored =
        switch (level) {
          case PLATFORM -> subject.equals(ALL) ? "" : null;
          case TENANT -> tenants.find(subject).isPresent() ? subject : null;
          case USER -> users.find(subject).isPresent() ? subject : null;
          case KEY -> keys.find(subject).map(StoredKey::lineage).orElse(null);
        };
    if (stored == null) {
      throw BadRequest.notFound("%s '%s'".formatted(level.label(), subject));
    }
    return stored;
  }
}
