package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** A whole schema, within limits; its parts are read when they are reached. */
final class SchemaDocument {

  private static final int MOST_NODES = 200_000;
  private static final int DEEPEST = 200;

  private final Deadline deadline;
  private final Location root;
  private final References references;
  private final Map<Location, SchemaNode> nodes = new HashMap<>();

  SchemaDocument(JsonNode json, Deadline deadline) {
    this.deadline = deadline;
    checkSize(json);
    root = new Location("#", json);
    references = new References(json);
  }

  Location root() {
    return root;
  }

  SchemaNode read(Location location) {
    deadline.check(location.path());
    var known = nodes.get(location);
    if (known == null) {
      known = SchemaReader.read(location, references);
      nodes.put(location, known);
    }
    return known;
  }

  private static void checkSize(JsonNode json) {
    record Place(JsonNode node, int depth) {}
    var open = new ArrayDeque<Place>();
    open.push(new Place(json, 1));
    int count = 0;
    while (!open.isEmpty()) {
      var place = open.pop();
      if (++count > MOST_NODES) {
        throw new UnsupportedSchemaException(
            "#", "schema", "it has more than %,d values; make it smaller".formatted(MOST_NODES));
      }
      if (place.depth() > DEEPEST) {
        throw new UnsupportedSchemaException(
            "#", "schema", "it nests deeper than %d; make it flatter".formatted(DEEPEST));
      }
      place.node().forEach(child -> open.push(new Place(child, place.depth() + 1)));
    }
  }
}
