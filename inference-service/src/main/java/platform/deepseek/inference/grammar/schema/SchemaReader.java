package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.inference.grammar.schema.NumberRange.Bound;

/** Checks the keywords of one schema and gives them their types. */
final class SchemaReader {

  /** What describes and does not constrain. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$comment",
          "$anchor",
          "$defs",
          "definitions",
          "title",
          "description",
          "default",
          "example",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly",
          "contentEncoding",
          "contentMediaType",
          "contentSchema",
          "discriminator",
          "externalDocs",
          "xml",
          "enumNames",
          "enumDescriptions",
          "markdownDescription",
          "propertyOrdering");

  private static final Set<String> CONSTRAINTS =
      Set.of(
          "$ref",
          "type",
          "enum",
          "const",
          "allOf",
          "anyOf",
          "oneOf",
          "minimum",
          "maximum",
          "exclusiveMinimum",
          "exclusiveMaximum",
          "multipleOf",
          "minLength",
          "maxLength",
          "pattern",
          "format",
          "items",
          "prefixItems",
          "additionalItems",
          "minItems",
          "maxItems",
          "properties",
          "patternProperties",
          "additionalProperties",
          "propertyNames",
          "required",
          "minProperties",
          "maxProperties");

  private static final int LONGEST_NUMBER = 60;

  private final Location location;
  private final JsonNode json;
  private final References references;

  private SchemaReader(Location location, References references) {
    this.location = location;
    this.json = location.json();
    this.references = references;
  }

  static SchemaNode read(Location location, References references) {
    return new SchemaReader(location, references).node();
  }

  private SchemaNode node() {
    if (json.isBoolean()) {
      return new SchemaNode(
          location,
          !json.booleanValue(),
          EnumSet.allOf(Type.class),
          List.of(),
          NumberRange.ALL,
          new SchemaNode.Text(Count.ANY, Optional.empty(), Optional.empty()),
          new SchemaNode.Items(List.of(), Optional.empty(), Count.ANY),
          new SchemaNode.Members(
              Map.of(), Map.of(), Optional.empty(), Optional.empty(), List.of(), Count.ANY),
          List.of(),
          Optional.empty(),
          Optional.empty());
    }
    if (!json.isObject()) {
      throw new MalformedSchemaException(
          location.path(), "schema", "a schema is an object, true or false");
    }
    checkKeywords();
    var format = string("format");
    return new SchemaNode(
        location,
        false,
        types(),
        enumerations(),
        range(format),
        new SchemaNode.Text(count("Length"), string("pattern"), format),
        items(),
        members(),
        applied(),
        branches("anyOf"),
        branches("oneOf"));
  }

  private void checkKeywords() {
    for (var property : json.properties()) {
      var name = property.getKey();
      if (CONSTRAINTS.contains(name) || ANNOTATIONS.contains(name) || name.startsWith("x-")) {
        continue;
      }
      switch (name) {
        case "$id", "id" -> {
          if (!location.path().equals("#")) {
            throw unsupported(name, "a schema inside another one cannot have an address here");
          }
        }
        case "uniqueItems", "nullable" -> {
          if (!property.getValue().isBoolean()) {
            throw malformed(name, "it is true or false");
          }
          if (property.getValue().booleanValue()) {
            throw unsupported(
                name,
                name.equals("nullable")
                    ? "it is not of JSON Schema; write type as a list with \"null\" in it"
                    : "a grammar cannot compare items; leave it out and check the answer");
          }
        }
        default ->
            throw unsupported(
                name, "this keyword is not supported; leave it out or express it another way");
      }
    }
  }

  private Set<Type> types() {
    var value = json.get("type");
    if (value == null) {
      return EnumSet.allOf(Type.class);
    }
    var types = EnumSet.noneOf(Type.class);
    for (var name : typeNames(value)) {
      types.add(
          switch (name) {
            case "null" -> Type.NULL;
            case "boolean" -> Type.BOOLEAN;
            case "number", "integer" -> Type.NUMBER;
            case "string" -> Type.STRING;
            case "array" -> Type.ARRAY;
            case "object" -> Type.OBJECT;
            default -> throw malformed("type", "there is no type \"%s\"".formatted(name));
          });
    }
    return types;
  }

  private List<String> typeNames(JsonNode value) {
    if (value.isTextual()) {
      return List.of(value.textValue());
    }
    if (!value.isArray() || value.isEmpty()) {
      throw malformed("type", "it is a name or a list of names");
    }
    var names = new ArrayList<String>();
    for (var name : value) {
      if (!name.isTextual()) {
        throw malformed("type", "it is a name or a list of names");
      }
      names.add(name.textValue());
    }
    return names;
  }

  private List<List<JsonNode>> enumerations() {
    var lists = new ArrayList<List<JsonNode>>();
    if (json.has("enum")) {
      if (!json.get("enum").isArray()) {
        throw malformed("enum", "it is a list of values");
      }
      lists.add(json.get("enum").valueStream().toList());
    }
    if (json.has("const")) {
      lists.add(List.of(json.get("const")));
    }
    return List.copyOf(lists);
  }

  private NumberRange range(Optional<String> format) {
    boolean integer =
        json.has("type")
            && typeNames(json.get("type")).contains("integer")
            && !typeNames(json.get("type")).contains("number");
    var range =
        new NumberRange(
            integer,
            bound("minimum", false),
            bound("maximum", false),
            number("multipleOf").map(List::of).orElse(List.of()));
    if (range.multiples().stream().anyMatch(of -> of.signum() <= 0)) {
      throw malformed("multipleOf", "it is a number above 0");
    }
    range =
        range.and(
            new NumberRange(
                false,
                bound("exclusiveMinimum", true),
                bound("exclusiveMaximum", true),
                List.of()));
    return switch (format.orElse("")) {
      case "int32" -> range.and(bits(Integer.SIZE));
      case "int64" -> range.and(bits(Long.SIZE));
      default -> range;
    };
  }

  private static NumberRange bits(int size) {
    var end = BigDecimal.TWO.pow(size - 1);
    return new NumberRange(
        true,
        Optional.of(new Bound(end.negate(), false)),
        Optional.of(new Bound(end, true)),
        List.of());
  }

  private Optional<Bound> bound(String keyword, boolean exclusive) {
    return number(keyword).map(value -> new Bound(value, exclusive));
  }

  private Optional<BigDecimal> number(String keyword) {
    var value = json.get(keyword);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isNumber()) {
      throw malformed(keyword, "it is a number");
    }
    return Optional.of(
        Numbers.of(value)
            .filter(number -> Numbers.digits(number) <= LONGEST_NUMBER)
            .orElseThrow(
                () ->
                    unsupported(
                        keyword,
                        "a number of more than %d digits is not supported"
                            .formatted(LONGEST_NUMBER))));
  }

  private Optional<String> string(String keyword) {
    var value = json.get(keyword);
    if (value != null && !value.isTextual()) {
      throw malformed(keyword, "it is a string");
    }
    return Optional.ofNullable(value).map(JsonNode::textValue);
  }

  private Count count(String what) {
    return new Count(whole("min" + what).orElse(0L), whole("max" + what).orElse(Count.UNBOUNDED));
  }

  private Optional<Long> whole(String keyword) {
    var value = number(keyword);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    var number = value.get();
    if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
      throw malformed(keyword, "it is a whole number, 0 or more");
    }
    return Optional.of(number.min(BigDecimal.valueOf(Count.UNBOUNDED)).longValue());
  }

  private SchemaNode.Items items() {
    var prefix = list("prefixItems");
    var rest = Optional.ofNullable(json.get("items"));
    // Draft 7 has the list under items and the rest under additionalItems.
    if (rest.isPresent() && rest.get().isArray()) {
      if (json.has("prefixItems")) {
        throw malformed("items", "it is one schema where prefixItems is there");
      }
      return new SchemaNode.Items(
          list("items").orElseThrow(), schema("additionalItems"), count("Items"));
    }
    return new SchemaNode.Items(prefix.orElse(List.of()), schema("items"), count("Items"));
  }

  private SchemaNode.Members members() {
    return new SchemaNode.Members(
        map("properties"),
        map("patternProperties"),
        schema("additionalProperties"),
        schema("propertyNames"),
        required(),
        count("Properties"));
  }

  private List<String> required() {
    var value = json.get("required");
    if (value == null) {
      return List.of();
    }
    if (!value.isArray() || value.valueStream().anyMatch(name -> !name.isTextual())) {
      throw malformed("required", "it is a list of names");
    }
    return value.valueStream().map(JsonNode::textValue).distinct().toList();
  }

  private List<Location> applied() {
    var applied = new ArrayList<Location>();
    string("$ref").ifPresent(target -> applied.add(references.resolve(location, target)));
    applied.addAll(branches("allOf").orElse(List.of()));
    return List.copyOf(applied);
  }

  private Optional<List<Location>> branches(String keyword) {
    var branches = list(keyword);
    if (branches.isPresent() && branches.get().isEmpty()) {
      throw malformed(keyword, "it needs at least one schema");
    }
    return branches;
  }

  private Optional<List<Location>> list(String keyword) {
    var value = json.get(keyword);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isArray()) {
      throw malformed(keyword, "it is a list of schemas");
    }
    var inside = location.below(keyword, value);
    var schemas = new ArrayList<Location>();
    for (int i = 0; i < value.size(); i++) {
      schemas.add(checked(inside.below(String.valueOf(i), value.get(i))));
    }
    return Optional.of(List.copyOf(schemas));
  }

  private Map<String, Location> map(String keyword) {
    var value = json.get(keyword);
    if (value == null) {
      return Map.of();
    }
    if (!value.isObject()) {
      throw malformed(keyword, "it is an object of schemas");
    }
    var inside = location.below(keyword, value);
    var schemas = new LinkedHashMap<String, Location>();
    for (var entry : value.properties()) {
      schemas.put(entry.getKey(), checked(inside.below(entry.getKey(), entry.getValue())));
    }
    return schemas;
  }

  private Optional<Location> schema(String keyword) {
    return Optional.ofNullable(json.get(keyword))
        .map(value -> checked(location.below(keyword, value)));
  }

  private static Location checked(Location schema) {
    if (!schema.json().isObject() && !(schema.json() instanceof BooleanNode)) {
      throw new MalformedSchemaException(
          schema.path(), "schema", "a schema is an object, true or false");
    }
    return schema;
  }

  private UnsupportedSchemaException unsupported(String keyword, String sentence) {
    return new UnsupportedSchemaException(location.path(), keyword, sentence);
  }

  private MalformedSchemaException malformed(String keyword, String sentence) {
    return new MalformedSchemaException(location.path(), keyword, sentence);
  }
}
