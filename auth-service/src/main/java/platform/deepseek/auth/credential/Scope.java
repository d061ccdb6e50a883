package platform.deepseek.auth.credential;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Narrows a key below its role: it may do what both its role and one of its scopes allow. */
public enum Scope {
  /** Ask models. */
  INFERENCE,
  /** Read and write tenants, users, keys, limits and prices. */
  ADMINISTRATION,
  /** Read what was used. */
  USAGE,
  /** Read the audit trail, logs and measurements. */
  AUDIT;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Scope> of(String label) {
    return Stream.of(values()).filter(scope -> scope.label().equals(label)).findFirst();
  }
}
