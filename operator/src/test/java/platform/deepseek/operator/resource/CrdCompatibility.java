package platform.deepseek.operator.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a newer schema could refuse a resource that an older one has accepted: fields that are
 * gone, other types, values that are gone, new required fields and tighter bounds.
 */
final class CrdCompatibility {

  private static final List<String> UPPER = List.of("maximum", "maxLength", "maxItems");
  private static final List<String> LOWER = List.of("minimum", "minLength", "minItems");

  private CrdCompatibility() {}

  static List<String> breaks(JsonNode before, JsonNode after) {
    var breaks = new ArrayList<String>();
    compare(before, after, "", breaks);
    return breaks;
  }

  private static void compare(JsonNode before, JsonNode after, String path, List<String> breaks) {
    var name = path.isEmpty() ? "resource" : path.substring(1);
    if (!before.path("type").equals(after.path("type"))) {
      breaks.add("%s: type %s became %s".formatted(name, text(before), text(after)));
      return;
    }
    for (var value : before.path("enum")) {
      if (after.has("enum") && !values(after.path("enum")).contains(value.asText())) {
        breaks.add("%s: value %s is gone".formatted(name, value.asText()));
      }
    }
    bounds(before, after, name, breaks);
    if (after.has("pattern") && !after.get("pattern").equals(before.get("pattern"))) {
      breaks.add("%s: another pattern".formatted(name));
    }
    for (var required : after.path("required")) {
      if (!values(before.path("required")).contains(required.asText())) {
        breaks.add("%s.%s became required".formatted(name, required.asText()));
      }
    }
    before
        .path("properties")
        .properties()
        .forEach(
            property -> {
              var field = path + "." + property.getKey();
              var now = after.path("properties").get(property.getKey());
              if (now == null) {
                breaks.add(field.substring(1) + " is gone");
              } else {
                compare(property.getValue(), now, field, breaks);
              }
            });
    if (before.has("items")) {
      compare(before.get("items"), after.path("items"), path + "[]", breaks);
    }
  }

  private static void bounds(JsonNode before, JsonNode after, String name, List<String> breaks) {
    for (var bound : UPPER) {
      if (after.has(bound)
          && (!before.has(bound) || after.get(bound).asDouble() < before.get(bound).asDouble())) {
        breaks.add(change(before, after, name, bound));
      }
    }
    for (var bound : LOWER) {
      if (after.has(bound)
          && (!before.has(bound) || after.get(bound).asDouble() > before.get(bound).asDouble())) {
        breaks.add(change(before, after, name, bound));
      }
    }
  }

  private static String change(JsonNode before, JsonNode after, String name, String bound) {
    return "%s: %s %s became %s"
        .formatted(
            name,
            bound,
            before.has(bound) ? number(before.get(bound)) : "none",
            number(after.get(bound)));
  }

  private static String number(JsonNode value) {
    return Long.toString(value.asLong());
  }

  private static String text(JsonNode schema) {
    return schema.path("type").asText("none");
  }

  private static Set<String> values(JsonNode list) {
    var values = new HashSet<String>();
    list.forEach(value -> values.add(value.asText()));
    return values;
  }
}
