package platform.deepseek.auth.access;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which route asks for which action, read from routes.txt. A path is what it is, character by
 * character: another case, a doubled or trailing slash, a percent sign or a dot segment make it
 * another path, and what is not in the table nobody may ask for. Servers behind that would read
 * such a path as one of these are thereby not reached by it.
 */
public final class RouteTable {

  private static final String ANY_SEGMENT = "*";
  private static final String ANY_REST = "**";
  private static final int LONGEST = 2_048;

  private record Pattern(List<String> segments, boolean open, Action action) {

    boolean matches(String[] path) {
      if (open ? path.length <= segments.size() : path.length != segments.size()) {
        return false;
      }
      for (int i = 0; i < segments.size(); i++) {
        if (!segments.get(i).equals(ANY_SEGMENT) && !segments.get(i).equals(path[i])) {
          return false;
        }
      }
      return true;
    }
  }

  private final Map<String, Action> exact = new HashMap<>();
  private final Map<String, List<Pattern>> patterns = new HashMap<>();

  private RouteTable() {}

  public static RouteTable standard() {
    return parse(Table.read("routes.txt"));
  }

  /**
   * @param rows of method, path and action; in a path * stands for one segment, ** at its end for
   *     one or more
   */
  static RouteTable parse(List<List<String>> rows) {
    RouteTable table = new RouteTable();
    for (List<String> row : rows) {
      if (row.size() != 3) {
        throw new IllegalArgumentException("a route has a method, a path and an action: " + row);
      }
      Action action =
          Action.of(row.get(2))
              .orElseThrow(() -> new IllegalArgumentException("no such action: " + row));
      table.add(row.get(0), row.get(1), action);
    }
    return table;
  }

  private void add(String method, String path, Action action) {
    if (!path.contains(ANY_SEGMENT)) {
      if (exact.putIfAbsent(method + " " + path, action) != null) {
        throw new IllegalArgumentException("the route is there twice: " + method + " " + path);
      }
      return;
    }
    List<String> segments = new ArrayList<>(List.of(path.split("/", -1)));
    boolean open = segments.getLast().equals(ANY_REST);
    if (open) {
      segments.removeLast();
    }
    patterns
        .computeIfAbsent(method, first -> new ArrayList<>())
        .add(new Pattern(List.copyOf(segments), open, action));
  }

  /** The action, or nothing when there is no such route. */
  public Optional<Action> find(String method, String path) {
    Action known = exact.get(method + " " + path);
    if (known != null) {
      return Optional.of(known);
    }
    if (!isPlain(path)) {
      return Optional.empty();
    }
    String[] segments = path.split("/", -1);
    return patterns.getOrDefault(method, List.of()).stream()
        .filter(pattern -> pattern.matches(segments))
        .map(Pattern::action)
        .findFirst();
  }

  /** Whether all servers read the path alike. */
  private static boolean isPlain(String path) {
    if (path.length() > LONGEST || !path.startsWith("/") || path.contains("//")) {
      return false;
    }
    for (String segment : path.split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return false;
      }
    }
    return !path.endsWith("/")
        && path.chars()
            .allMatch(
                c ->
                    c >= 'a' && c <= 'z'
                        || c >= 'A' && c <= 'Z'
                        || c >= '0' && c <= '9'
                        || "/-._~:@".indexOf(c) >= 0);
  }
}
