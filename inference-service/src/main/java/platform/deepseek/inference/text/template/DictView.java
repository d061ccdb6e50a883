package platform.deepseek.inference.text.template;

import java.util.Iterator;
import java.util.Map;

/** What {@code keys()}, {@code values()} and {@code items()} of a dict give. */
record DictView(Kind kind, Map<?, ?> dict) {

  enum Kind {
    KEYS("dict_keys"),
    VALUES("dict_values"),
    ITEMS("dict_items");

    private final String typeName;

    Kind(String typeName) {
      this.typeName = typeName;
    }

    String typeName() {
      return typeName;
    }
  }

  Iterator<Object> iterator() {
    var entries = dict.entrySet().iterator();
    return Generator.mapping(
        entries,
        entry ->
            switch (kind) {
              case KEYS -> entry.getKey();
              case VALUES -> entry.getValue();
              case ITEMS -> Tuple.pair(entry.getKey(), entry.getValue());
            });
  }
}
