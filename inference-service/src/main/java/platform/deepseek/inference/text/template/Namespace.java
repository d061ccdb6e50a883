package platform.deepseek.inference.text.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one mutable value: carries results out of the scope of a loop. */
record Namespace(Map<String, Object> attributes) {

  Namespace(Map<String, Object> attributes) {
    this.attributes = new LinkedHashMap<>(attributes);
  }
}
