package platform.deepseek.auth.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import platform.deepseek.auth.credential.Role;

class PermissionsTest {

  private static final Permissions PERMISSIONS = Permissions.standard();

  /** What was agreed on, written down apart from the table that the service runs with. */
  @ParameterizedTest
  @CsvSource({
    "GENERATE, ADMIN DEVELOPER GUEST",
    "LOOK, ADMIN DEVELOPER GUEST",
    "USE_TOKENS, ADMIN DEVELOPER AUDITOR",
    "READ_ISSUERS, ADMIN AUDITOR",
    "WRITE_ISSUERS, ADMIN",
    "ELEVATE, ADMIN",
    "READ_TENANTS, ADMIN AUDITOR",
    "WRITE_TENANTS, ADMIN",
    "READ_USERS, ADMIN AUDITOR",
    "WRITE_USERS, ADMIN",
    "READ_KEYS, ADMIN AUDITOR",
    "WRITE_KEYS, ADMIN",
    "READ_LIMITS, ADMIN AUDITOR",
    "WRITE_LIMITS, ADMIN",
    "READ_PRICES, ADMIN DEVELOPER AUDITOR",
    "WRITE_PRICES, ADMIN",
    "READ_OWN_USAGE, ADMIN DEVELOPER",
    "READ_ALL_USAGE, ADMIN AUDITOR",
    "READ_AUDIT, ADMIN AUDITOR",
    "READ_LOGS, ADMIN AUDITOR",
    "TRACE_LEAKS, ADMIN"
  })
  void everyCellIsAsAgreed(Action action, String roles) {
    Set<Role> allowed = EnumSet.noneOf(Role.class);
    for (String role : roles.split(" ")) {
      allowed.add(Role.valueOf(role));
    }
    for (Role role : Role.values()) {
      assertThat(PERMISSIONS.allow(role, action))
          .as("%s %s", role, action)
          .isEqualTo(allowed.contains(role));
    }
  }

  @Test
  void anAuditorChangesNothing() {
    for (Action action : Action.values()) {
      if (action.name().startsWith("WRITE") || action == Action.GENERATE) {
        assertThat(PERMISSIONS.allow(Role.AUDITOR, action)).as("%s", action).isFalse();
      }
    }
  }

  @Test
  void aTableWithAHoleKeepsTheServiceFromStarting() {
    List<List<String>> rows = Table.read("permissions.txt");
    for (int i = 0; i < rows.size(); i++) {
      List<List<String>> holed = new ArrayList<>(rows);
      List<String> row = holed.remove(i);
      assertThatThrownBy(() -> Permissions.parse(holed))
          .isInstanceOf(IllegalArgumentException.class);
      holed.add(i, row.subList(0, row.size() - 1));
      assertThatThrownBy(() -> Permissions.parse(holed))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aCellThatIsNeitherYesNorNoIsRefused() {
    String table =
        String.join(
            "\n",
            Table.read("permissions.txt").stream().map(row -> String.join(" ", row)).toList());
    assertThatThrownBy(() -> Permissions.parse(Table.rows(table.replaceFirst("yes", "maybe"))))
        .hasMessageContaining("not maybe");
  }
}
