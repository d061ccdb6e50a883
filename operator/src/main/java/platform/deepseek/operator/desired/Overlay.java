package platform.deepseek.operator.desired;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;

/**
 * Lays a part over an object the way kubectl's strategic merge does for pods: objects merge, lists
 * of named things merge by name, other lists and values are replaced, null removes.
 */
final class Overlay {

  private Overlay() {}

  static <T> T over(T object, JsonNode part, Class<T> type) {
    var mapper = Serialization.jsonMapper();
    return mapper.convertValue(merge(mapper.valueToTree(object), part), type);
  }

  private static JsonNode merge(JsonNode base, JsonNode part) {
    if (base instanceof ObjectNode object && part instanceof ObjectNode fields) {
      fields
          .properties()
          .forEach(
              field -> {
                if (field.getValue().isNull()) {
                  object.remove(field.getKey());
                } else if (object.has(field.getKey())) {
                  object.set(field.getKey(), merge(object.get(field.getKey()), field.getValue()));
                } else {
                  object.set(field.getKey(), field.getValue());
                }
              });
      return object;
    }
    if (base instanceof ArrayNode list && part instanceof ArrayNode items && named(list, items)) {
      items.forEach(item -> mergeByName(list, item));
      return list;
    }
    return part;
  }

  private static void mergeByName(ArrayNode list, JsonNode item) {
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i).get("name").equals(item.get("name"))) {
        list.set(i, merge(list.get(i), item));
        return;
      }
    }
    list.add(item);
  }

  private static boolean named(ArrayNode... lists) {
    for (var list : lists) {
      for (var item : list) {
        if (!item.has("name")) {
          return false;
        }
      }
    }
    return true;
  }
}
