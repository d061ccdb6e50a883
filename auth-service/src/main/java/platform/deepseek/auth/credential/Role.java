package platform.deepseek.auth.credential;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a caller is here for; what it may do is written in the permission matrix. */
public enum Role {
  ADMIN,
  DEVELOPER,
  AUDITOR,
  GUEST;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<Role> of(String label) {
    return Stream.of(values()).filter(role -> role.label().equals(label)).findFirst();
  }
}
