package platform.deepseek.auth.access;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import platform.deepseek.auth.credential.Role;

/** The permission matrix, read from the table in permissions.txt: each cell says yes or no. */
public final class Permissions {

  private final Map<Role, Set<Action>> allowed = new EnumMap<>(Role.class);

  private Permissions() {}

  /** Those that the service runs with. */
  public static Permissions standard() {
    return parse(Table.read("permissions.txt"));
  }

  /**
   * @param rows the first names the roles; each other an action and a yes or no for each role
   * @throws IllegalArgumentException unless every action has its row and every role its column
   */
  static Permissions parse(List<List<String>> rows) {
    List<Role> roles =
        rows.getFirst().stream()
            .skip(1)
            .map(label -> Role.of(label).orElseThrow(() -> unknown("role", label)))
            .toList();
    if (!Set.copyOf(roles).equals(EnumSet.allOf(Role.class))) {
      throw new IllegalArgumentException("the permissions do not name every role once: " + roles);
    }
    Permissions permissions = new Permissions();
    roles.forEach(role -> permissions.allowed.put(role, EnumSet.noneOf(Action.class)));
    Set<Action> missing = EnumSet.allOf(Action.class);
    for (List<String> row : rows.subList(1, rows.size())) {
      Action action =
          Action.of(row.getFirst()).orElseThrow(() -> unknown("action", row.getFirst()));
      if (!missing.remove(action) || row.size() != roles.size() + 1) {
        throw new IllegalArgumentException("a row of the permissions is wrong: " + row);
      }
      for (int i = 0; i < roles.size(); i++) {
        if (isYes(row.get(i + 1))) {
          permissions.allowed.get(roles.get(i)).add(action);
        }
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException("the permissions say nothing about " + missing);
    }
    return permissions;
  }

  public boolean allow(Role role, Action action) {
    return allowed.get(role).contains(action);
  }

  private static boolean isYes(String cell) {
    return switch (cell) {
      case "yes" -> true;
      case "no" -> false;
      default -> throw new IllegalArgumentException("a permission is yes or no, not " + cell);
    };
  }

  private static IllegalArgumentException unknown(String what, String label) {
    return new IllegalArgumentException("the permissions name no %s '%s'".formatted(what, label));
  }
}
