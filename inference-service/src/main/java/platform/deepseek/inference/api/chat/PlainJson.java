package platform.deepseek.inference.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON value as maps, lists, strings, numbers and booleans, which is what chat templates read.
 */
final class PlainJson {

  private PlainJson() {}

  static Object of(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        node.properties().forEach(entry -> map.put(entry.getKey(), of(entry.getValue())));
        yield map;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>(node.size());
        node.forEach(element -> list.add(of(element)));
        yield list;
      }
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER ->
          node.isIntegralNumber() && node.canConvertToLong()
              ? (Object) node.longValue()
              : node.doubleValue();
      case NULL, MISSING -> null;
      case BINARY, POJO ->
          throw new IllegalArgumentException("no JSON text has a value of " + node.getNodeType());
    };
  }
}
