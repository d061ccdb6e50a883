package platform.deepseek.inference.text.template;

import java.util.Arrays;
import java.util.List;

/** A fixed list; {@code names} are the names of its fields where it has them, else empty. */
record Tuple(List<Object> items, List<String> names) {

  static Tuple of(List<Object> items) {
    return new Tuple(items, List.of());
  }

  static Tuple pair(Object first, Object second) {
    return of(Arrays.asList(first, second));
  }
}
