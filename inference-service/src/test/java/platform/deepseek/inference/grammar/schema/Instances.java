package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Values as texts: numbers in their shortest form, and the members of objects in every order. */
final class Instances {

  private static final int MOST_ORDERED = 5;

  private Instances() {}

  static List<String> texts(JsonNode value) {
    return switch (Type.of(value)) {
      case NULL, BOOLEAN -> List.of(value.toString());
      case NUMBER -> List.of(Numbers.written(value.decimalValue()));
      case STRING -> List.of(JsonText.quoted(value.textValue()));
      case ARRAY -> {
        var texts = List.of("");
        for (var item : value) {
          texts = joined(texts, texts(item), "");
        }
        yield texts.stream().map(text -> "[" + text + "]").toList();
      }
      case OBJECT -> {
        var texts = new ArrayList<String>();
        for (var order : orders(List.copyOf(value.properties()))) {
          var inOrder = List.of("");
          for (var entry : order) {
            inOrder =
                joined(inOrder, texts(entry.getValue()), JsonText.quoted(entry.getKey()) + ": ");
          }
          inOrder.forEach(text -> texts.add("{" + text + "}"));
        }
        yield texts;
      }
    };
  }

  private static List<String> joined(List<String> before, List<String> behind, String name) {
    return before.stream()
        .flatMap(
            text -> behind.stream().map(next -> text + (text.isEmpty() ? "" : ", ") + name + next))
        .toList();
  }

  private static List<List<Map.Entry<String, JsonNode>>> orders(
      List<Map.Entry<String, JsonNode>> entries) {
    if (entries.size() < 2 || entries.size() > MOST_ORDERED) {
      return List.of(entries);
    }
    var orders = new ArrayList<List<Map.Entry<String, JsonNode>>>();
    for (var first : entries) {
      var others = entries.stream().filter(entry -> entry != first).toList();
      for (var order : orders(others)) {
        var whole = new ArrayList<Map.Entry<String, JsonNode>>(List.of(first));
        whole.addAll(order);
        orders.add(whole);
      }
    }
    return orders;
  }
}
