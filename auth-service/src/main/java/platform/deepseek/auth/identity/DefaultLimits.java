package platform.deepseek.auth.identity;

import java.util.Map;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.limit.Limits;

/**
 * What holds where nobody set anything else.
 *
 * @param roles for each key of a role
 */
public record DefaultLimits(Limits platform, Map<Role, Limits> roles) {

  public DefaultLimits {
    roles = Map.copyOf(roles);
  }

  Limits of(Role role) {
    return roles.getOrDefault(role, Limits.NONE);
  }
}
