package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Schemas that one value must follow, without branches: what allOf, anyOf and $ref come down to.
 */
record Conjunction(List<SchemaNode> nodes) {

  Conjunction {
    nodes = List.copyOf(nodes);
  }

  Set<Type> types() {
    var types = EnumSet.allOf(Type.class);
    for (var node : nodes) {
      types.retainAll(node.types());
      if (node.impossible()) {
        types.clear();
      }
    }
    return types;
  }

  /** The shortest list that a value must be in; not all of its values are valid. */
  Optional<List<JsonNode>> candidates() {
    return nodes.stream()
        .flatMap(node -> node.enumerations().stream())
        .min((one, other) -> Integer.compare(one.size(), other.size()));
  }

  NumberRange range() {
    return nodes.stream().map(SchemaNode::range).reduce(NumberRange.ALL, NumberRange::and);
  }

  Count items() {
    return nodes.stream().map(node -> node.items().count()).reduce(Count.ANY, Count::and);
  }

  Count members() {
    return nodes.stream().map(node -> node.members().count()).reduce(Count.ANY, Count::and);
  }

  Count length() {
    return nodes.stream().map(node -> node.text().length()).reduce(Count.ANY, Count::and);
  }

  /** Where to point when a combination is to blame. */
  String path() {
    return nodes.isEmpty() ? "#" : nodes.getFirst().location().path();
  }
}
