package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Random schemas of all keywords that are supported, most of which allow some value. */
final class SchemaGenerator {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final List<String> NAMES =
      List.of("id", "name", "kind", "na\"me", "größe", "items", "a/b~c", "x", "value", "next");
  private static final List<String> PATTERNS =
      List.of(
          "^[a-z]{2,5}$",
          "[0-9]",
          "^\\d{3}-\\d{4}$",
          "^(red|green|blue)+$",
          "a.c",
          "^[^\"\\\\]*$",
          "\\p{Lu}$",
          "^\\w+(?:\\.\\w+)*?$",
          "^$|^x");
  private static final List<String> FORMATS =
      List.of(
          "date",
          "time",
          "date-time",
          "duration",
          "email",
          "hostname",
          "ipv4",
          "ipv6",
          "uuid",
          "uri");

  private final RandomGenerator random;

  SchemaGenerator(RandomGenerator random) {
    this.random = random;
  }

  /** A whole schema, with definitions of which one contains itself. */
  JsonNode schema() {
    var definitions = JSON.objectNode();
    definitions.set("leaf", leaf());
    definitions.set("shape", object(2));
    definitions.set("tree", tree());
    ObjectNode root = random.nextInt(4) == 0 ? value(4) : object(4);
    root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    root.put("title", "generated");
    root.set("$defs", definitions);
    return root;
  }

  private ObjectNode tree() {
    var tree = typed("object");
    var properties = tree.putObject("properties");
    properties.set("label", leaf());
    var children = typed("array");
    children.set("items", reference("tree"));
    children.put("maxItems", 2);
    properties.set("children", children);
    var next = JSON.objectNode();
    next.putArray("anyOf").add(typed("null")).add(reference("tree"));
    properties.set("next", next);
    tree.putArray("required").add("next");
    tree.put("additionalProperties", false);
    return tree;
  }

  private ObjectNode value(int depth) {
    if (depth == 0 || random.nextInt(5) < 2) {
      return leaf();
    }
    return switch (random.nextInt(9)) {
      case 0, 1 -> object(depth - 1);
      case 2 -> array(depth - 1);
      case 3 -> tuple(depth - 1);
      case 4 -> anyOf(depth - 1);
      case 5 -> oneOf(depth - 1);
      case 6 -> allOf(depth - 1);
      case 7 -> reference(pick(List.of("leaf", "shape", "tree")));
      default -> openMap(depth - 1);
    };
  }

  private ObjectNode leaf() {
    return switch (random.nextInt(13)) {
      case 0 -> typed("boolean");
      case 1 -> typed("null");
      case 2 -> range(typed("integer"));
      case 3 -> range(typed("number"));
      case 4 -> multiple();
      case 5, 6 -> string();
      case 7 -> typed("string").put("pattern", pick(PATTERNS));
      case 8 -> typed("string").put("format", pick(FORMATS));
      case 9 -> enumeration();
      case 10 -> JSON.objectNode().put("const", pick(List.of("fixed", "\t", "é")));
      case 11 -> typeList();
      default -> bounded(typed("string").put("pattern", pick(PATTERNS)), "Length", 2, 20);
    };
  }

  private ObjectNode string() {
    return random.nextBoolean() ? typed("string") : bounded(typed("string"), "Length", 3, 12);
  }

  private ObjectNode multiple() {
    var number = typed(pick(List.of("integer", "number")));
    number.put("multipleOf", pick(List.of(2.0, 5.0, 0.5, 0.01, 12.0)));
    number.put("minimum", -100);
    return number.put("maximum", 1000);
  }

  private ObjectNode range(ObjectNode number) {
    int low = random.nextInt(-1000, 1000);
    if (random.nextBoolean()) {
      number.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low / 4.0);
    }
    if (random.nextBoolean()) {
      number.put(
          random.nextBoolean() ? "maximum" : "exclusiveMaximum", low / 4.0 + random.nextInt(2, 99));
    }
    return number;
  }

  private ObjectNode enumeration() {
    var schema = JSON.objectNode();
    var values = schema.putArray("enum");
    values.add("one").add("once").add("").add(7).add(1.5).addNull().add(true);
    values.addArray().add(1).add("two");
    values.addObject().put("b", 1).put("a", "x");
    for (int i = random.nextInt(7); i > 0; i--) {
      values.remove(random.nextInt(values.size()));
    }
    if (random.nextInt(3) == 0) {
      values.add("kept");
      schema.put("type", "string");
    }
    return schema;
  }

  private ObjectNode typeList() {
    var schema = JSON.objectNode();
    var types = new ArrayList<>(List.of("null", "integer", "string", "boolean", "number"));
    Collections.shuffle(types, Random.from(random));
    var list = schema.putArray("type");
    types.subList(0, random.nextInt(1, 4)).forEach(list::add);
    schema.put("minLength", 2);
    return schema.put("minimum", 3);
  }

  private ObjectNode object(int depth) {
    var schema = typed("object");
    var names = new ArrayList<>(NAMES);
    Collections.shuffle(names, Random.from(random));
    int count = random.nextInt(1, 5);
    var properties = schema.putObject("properties");
    var required = schema.putArray("required");
    for (var name : names.subList(0, count)) {
      properties.set(name, value(depth));
      if (random.nextInt(3) > 0) {
        required.add(name);
      }
    }
    switch (random.nextInt(8)) {
      case 0 -> {}
      case 1 -> schema.set("additionalProperties", leaf());
      case 2 -> {
        schema.putObject("patternProperties").set("^x-", leaf());
        schema.put("additionalProperties", false);
      }
      case 3 -> {
        schema.put("additionalProperties", false);
        schema.put("maxProperties", random.nextInt(count, count + 2));
        schema.put("minProperties", random.nextInt(0, count));
      }
      default -> schema.put("additionalProperties", false);
    }
    return schema;
  }

  private ObjectNode openMap(int depth) {
    var schema = typed("object");
    schema.set("additionalProperties", random.nextBoolean() ? value(depth) : leaf());
    if (random.nextBoolean()) {
      schema.set("propertyNames", JSON.objectNode().put("pattern", "^[a-z]+$"));
    }
    return bounded(schema, "Properties", 2, 3);
  }

  private ObjectNode array(int depth) {
    var schema = typed("array");
    schema.set("items", value(depth));
    return random.nextBoolean() ? schema : bounded(schema, "Items", 3, 3);
  }

  private ObjectNode tuple(int depth) {
    var schema = typed("array");
    schema.putArray("prefixItems").add(value(depth)).add(leaf());
    JsonNode rest = random.nextBoolean() ? BooleanNode.FALSE : leaf();
    schema.set("items", rest);
    return schema.put("minItems", random.nextInt(3));
  }

  private ObjectNode anyOf(int depth) {
    var schema = JSON.objectNode();
    var branches = schema.putArray("anyOf");
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      branches.add(value(depth));
    }
    return schema;
  }

  private ObjectNode oneOf(int depth) {
    var schema = JSON.objectNode();
    var branches = schema.putArray("oneOf");
    if (random.nextBoolean()) {
      branches.add(typed("null")).add(string()).add(range(typed("number")));
      return schema;
    }
    for (var kind : List.of("circle", "square")) {
      var branch = typed("object");
      var properties = branch.putObject("properties");
      properties.putObject("kind").put("const", kind);
      properties.set("value", value(depth));
      branch.putArray("required").add("kind");
      branches.add(branch);
    }
    return schema;
  }

  private ObjectNode allOf(int depth) {
    var schema = JSON.objectNode();
    ArrayNode parts = schema.putArray("allOf");
    for (var name : List.of("left", "right")) {
      var part = typed("object");
      part.putObject("properties").set(name, value(depth));
      part.putArray("required").add(name);
      parts.add(part);
    }
    schema.putObject("properties").put("left", true).put("right", true).put("also", true);
    return schema.put("additionalProperties", false);
  }

  private ObjectNode bounded(ObjectNode schema, String what, int least, int room) {
    int low = random.nextInt(least);
    schema.put("min" + what, low);
    return schema.put("max" + what, low + random.nextInt(room));
  }

  private static ObjectNode typed(String type) {
    return JSON.objectNode().put("type", type);
  }

  private static ObjectNode reference(String name) {
    return JSON.objectNode().put("$ref", "#/$defs/" + name);
  }

  private <T> T pick(List<T> options) {
    return options.get(random.nextInt(options.size()));
  }
}
