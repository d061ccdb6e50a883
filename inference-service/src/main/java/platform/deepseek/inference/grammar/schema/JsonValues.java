package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.TreeMap;

/** Values as JSON Schema compares them: 1 and 1.0 are one number, members have no order. */
final class JsonValues {

  private JsonValues() {}

  /** A text that two values share exactly if they are equal. */
  static String canonical(JsonNode value) {
    return switch (Type.of(value)) {
      case NULL, BOOLEAN -> value.toString();
      case NUMBER -> Numbers.of(value).map(Numbers::written).orElseGet(value::toString);
      case STRING -> JsonText.quoted(value.textValue());
      case ARRAY -> {
        var items = new ArrayList<String>();
        value.forEach(item -> items.add(canonical(item)));
        yield items.toString();
      }
      case OBJECT -> {
        var members = new TreeMap<String, String>();
        value
            .properties()
            .forEach(
                entry -> members.put(JsonText.quoted(entry.getKey()), canonical(entry.getValue())));
        yield members.toString();
      }
    };
  }

  static JsonNode text(String text) {
    return TextNode.valueOf(text);
  }
}
