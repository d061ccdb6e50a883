package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Finds what $ref names: a JSON pointer or an anchor inside the same document. */
final class References {

  private final JsonNode root;
  private final String address;
  private Map<String, Location> anchors;

  References(JsonNode root) {
    this.root = root;
    this.address = root.path("$id").asText("");
  }

  Location resolve(Location from, String reference) {
    var fragment = reference;
    if (!address.isEmpty() && reference.startsWith(address.replaceFirst("#$", ""))) {
      fragment = reference.substring(address.replaceFirst("#$", "").length());
    }
    if (fragment.isEmpty() && !reference.isEmpty()) {
      fragment = "#";
    }
    if (!fragment.startsWith("#")) {
      throw new UnsupportedSchemaException(
          from.path(),
          "$ref",
          "\"%s\" lies outside of this schema; only references that start with # are followed"
              .formatted(reference));
    }
    var found =
        fragment.equals("#") || fragment.startsWith("#/")
            ? byPointer(from, fragment)
            : anchors().get(fragment.substring(1));
    if (found == null) {
      throw missing(from, reference);
    }
    if (!found.json().isObject() && !found.json().isBoolean()) {
      throw new MalformedSchemaException(
          from.path(), "$ref", "\"%s\" is not a schema".formatted(reference));
    }
    return found;
  }

  private Location byPointer(Location from, String fragment) {
    String pointer;
    try {
      pointer =
          URLDecoder.decode(fragment.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException broken) {
      throw new MalformedSchemaException(
          from.path(), "$ref", "\"%s\" has a broken percent escape".formatted(fragment));
    }
    var at = new Location("#", root);
    if (pointer.isEmpty()) {
      return at;
    }
    for (var part : pointer.substring(1).split("/", -1)) {
      var name = part.replace("~1", "/").replace("~0", "~");
      var json = at.json();
      var next = json.isArray() ? json.get(index(name)) : json.get(name);
      if (next == null) {
        return null;
      }
      at = at.below(name, next);
    }
    return at;
  }

  private static int index(String name) {
    return name.matches("0|[1-9][0-9]{0,8}") ? Integer.parseInt(name) : -1;
  }

  private Map<String, Location> anchors() {
    if (anchors == null) {
      anchors = new HashMap<>();
      collect(new Location("#", root));
    }
    return anchors;
  }

  private void collect(Location at) {
    if (at.json().isObject()) {
      var anchor = at.json().get("$anchor");
      if (anchor != null && anchor.isTextual()) {
        anchors.putIfAbsent(anchor.textValue(), at);
      }
      for (var entry : at.json().properties()) {
        if (!entry.getKey().equals("enum") && !entry.getKey().equals("const")) {
          collect(at.below(entry.getKey(), entry.getValue()));
        }
      }
    } else if (at.json().isArray()) {
      for (int i = 0; i < at.json().size(); i++) {
        collect(at.below(String.valueOf(i), at.json().get(i)));
      }
    }
  }

  private static MalformedSchemaException missing(Location from, String reference) {
    return new MalformedSchemaException(
        from.path(), "$ref", "there is no \"%s\" in this schema".formatted(reference));
  }
}
