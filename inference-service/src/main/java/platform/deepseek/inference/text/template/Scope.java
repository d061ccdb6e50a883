package platform.deepseek.inference.text.template;

import java.util.HashMap;
import java.util.Map;

/** Names visible at a place; what is set here hides the outer one and ends with the scope. */
final class Scope {

  private final Scope outer;
  private final Map<String, Object> values = new HashMap<>();

  Scope(Scope outer) {
    this.outer = outer;
  }

  void set(String name, Object value) {
    values.put(name, value);
  }

  Object get(String name) {
    for (var scope = this; scope != null; scope = scope.outer) {
      var value = scope.values.get(name);
      if (value != null || scope.values.containsKey(name)) {
        return value;
      }
    }
    return Undefined.name(name);
  }
}
