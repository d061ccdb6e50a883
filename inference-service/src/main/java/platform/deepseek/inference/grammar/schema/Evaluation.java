package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether a given value is valid: it decides which values of enum and const remain where other
 * keywords stand beside them.
 *
 * <p>Recursion ends because a value gets smaller, or at a schema that leads back to itself, which
 * is malformed.
 */
final class Evaluation {

  private final SchemaDocument document;
  private final StringLanguages strings;
  private final boolean oneOfAsAnyOf;
  private final Map<List<JsonNode>, Set<String>> enumerations = new IdentityHashMap<>();

  Evaluation(SchemaDocument document, StringLanguages strings, boolean oneOfAsAnyOf) {
    this.document = document;
    this.strings = strings;
    this.oneOfAsAnyOf = oneOfAsAnyOf;
  }

  boolean valid(JsonNode value, Location schema) {
    return valid(value, schema, Set.of());
  }

  private boolean valid(JsonNode value, Location schema, Set<Location> above) {
    if (above.contains(schema)) {
      throw new MalformedSchemaException(
          schema.path(), "$ref", "it leads back to itself, with no value in between");
    }
    var node = document.read(schema);
    if (node.impossible() || !node.types().contains(Type.of(value))) {
      return false;
    }
    for (var list : node.enumerations()) {
      if (!canonical(list).contains(JsonValues.canonical(value))) {
        return false;
      }
    }
    return validByType(value, node) && validBranches(value, node, above);
  }

  private Set<String> canonical(List<JsonNode> values) {
    return enumerations.computeIfAbsent(
        values, list -> list.stream().map(JsonValues::canonical).collect(Collectors.toSet()));
  }

  private boolean validByType(JsonNode value, SchemaNode node) {
    return switch (Type.of(value)) {
      case NULL, BOOLEAN -> true;
      case NUMBER -> Numbers.of(value).map(node.range()::contains).orElse(false);
      case STRING -> strings.accepts(node, value.textValue());
      case ARRAY -> validItems(value, node.items());
      case OBJECT -> validMembers(value, node.members());
    };
  }

  private boolean validBranches(JsonNode value, SchemaNode node, Set<Location> above) {
    if (node.applied().isEmpty() && node.anyOf().isEmpty() && node.oneOf().isEmpty()) {
      return true;
    }
    var path = new HashSet<>(above);
    path.add(node.location());
    return node.applied().stream().allMatch(schema -> valid(value, schema, path))
        && node.anyOf().map(branches -> count(value, branches, path) > 0).orElse(true)
        && node.oneOf().map(branches -> one(count(value, branches, path))).orElse(true);
  }

  private boolean one(long count) {
    return oneOfAsAnyOf ? count > 0 : count == 1;
  }

  private long count(JsonNode value, List<Location> branches, Set<Location> above) {
    return branches.stream().filter(branch -> valid(value, branch, above)).count();
  }

  private boolean validItems(JsonNode value, SchemaNode.Items items) {
    if (!items.count().contains(value.size())) {
      return false;
    }
    for (int i = 0; i < value.size(); i++) {
      var item = value.get(i);
      if (!items.at(i).map(schema -> valid(item, schema)).orElse(true)) {
        return false;
      }
    }
    return true;
  }

  private boolean validMembers(JsonNode value, SchemaNode.Members members) {
    return members.count().contains(value.size())
        && members.required().stream().allMatch(value::has)
        && value.properties().stream().allMatch(entry -> validMember(entry, members));
  }

  private boolean validMember(Map.Entry<String, JsonNode> entry, SchemaNode.Members members) {
    var name = JsonValues.text(entry.getKey());
    return members.names().map(schema -> valid(name, schema)).orElse(true)
        && strings.schemasOf(entry.getKey(), members).stream()
            .allMatch(schema -> valid(entry.getValue(), schema));
  }
}
