package platform.deepseek.inference.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Schemas that no grammar is made of say which keyword is to blame, and where. */
class RefusalsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "not                   ; {}",
        "if                    ; {}",
        "then                  ; {}",
        "else                  ; {}",
        "contains              ; {}",
        "minContains           ; 1",
        "uniqueItems           ; true",
        "dependentRequired     ; {}",
        "dependentSchemas      ; {}",
        "dependencies          ; {}",
        "unevaluatedProperties ; false",
        "unevaluatedItems      ; false",
        "$dynamicRef           ; \"#x\"",
        "$recursiveRef         ; \"#\"",
        "$id                   ; \"http://x/y\"",
        "nullable              ; true",
        "maxlength             ; 3",
        "$ref                  ; \"other.json\"",
        "pattern               ; \"a(?=b)\"",
        "pattern               ; \"(?<!a)b\"",
        "pattern               ; \"(a)\\\\1\"",
        "pattern               ; \"\\\\bword\\\\b\"",
        "pattern               ; \"^(a|b)*a(a|b){20}$\"",
        "pattern               ; \"\\\\p{Nonsense}\"",
        "format                ; \"iri\"",
        "minLength             ; 1000000",
        "minItems              ; 1000000",
        "minProperties         ; 2",
        "multipleOf            ; 0.123456789",
        "maximum               ; 1e400"
      })
  void whatIsNotSupportedIsNamedWithItsPlace(String keyword, String value) {
    var refusal = refusal("{\"properties\": {\"a/b\": {\"%s\": %s}}}".formatted(keyword, value));

    assertThat(refusal).isInstanceOf(UnsupportedSchemaException.class);
    assertThat(refusal.keyword()).isEqualTo(keyword);
    assertThat(refusal.path()).isEqualTo("#/properties/a~1b");
    assertThat(refusal).hasMessageStartingWith("'%s' at #/properties/a~1b: ".formatted(keyword));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "type             ; \"text\"",
        "type             ; []",
        "enum             ; 3",
        "required         ; \"a\"",
        "required         ; [1]",
        "properties       ; []",
        "anyOf            ; []",
        "oneOf            ; {}",
        "minLength        ; -1",
        "maxLength        ; 1.5",
        "minimum          ; \"1\"",
        "exclusiveMinimum ; true",
        "multipleOf       ; 0",
        "pattern          ; \"a(b\"",
        "pattern          ; \"[z-a]\"",
        "pattern          ; \"*\"",
        "pattern          ; 7",
        "$ref             ; \"#/$defs/missing\"",
        "$ref             ; \"#/properties/a/$ref\"",
        "$ref             ; \"#/properties/a\""
      })
  void whatIsNoSchemaIsNamedWithItsPlace(String keyword, String value) {
    var refusal = refusal("{\"properties\": {\"a\": {\"%s\": %s}}}".formatted(keyword, value));

    assertThat(refusal).isInstanceOf(MalformedSchemaException.class);
    assertThat(refusal.keyword()).isEqualTo(keyword);
    assertThat(refusal.path()).isEqualTo("#/properties/a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "false",
        "{\"enum\": []}",
        "{\"type\": \"integer\", \"minimum\": 5, \"maximum\": 4}",
        "{\"type\": \"string\", \"pattern\": \"^a{3}$\", \"maxLength\": 2}",
        "{\"type\": \"string\", \"enum\": [1, 2]}",
        "{\"type\": \"object\", \"required\": [\"a\"], \"additionalProperties\": false}",
        "{\"type\": \"object\", \"properties\": {\"a\": {\"$ref\": \"#\"}}, \"required\": [\"a\"]}",
        "{\"type\": \"array\", \"items\": {\"$ref\": \"#\"}, \"minItems\": 1}",
        "{\"allOf\": [{\"type\": \"string\"}, {\"type\": \"null\"}]}"
      })
  void schemasThatAllowNothingAreRefused(String schema) {
    var refusal = refusal(schema);

    assertThat(refusal).isInstanceOf(MalformedSchemaException.class);
    assertThat(refusal).hasMessageContaining("no value is valid against it");
  }

  @Test
  void branchesOfOneOfThatOverlapAreNamed() {
    assertThat(refusal("{\"oneOf\": [{\"type\": \"integer\"}, {\"type\": \"number\"}]}"))
        .hasMessageContaining("#/oneOf/0 and #/oneOf/1 can hold at once");
  }

  @Test
  void hostileSizesAreRefusedInShortTime() {
    var deep = new StringBuilder("true");
    for (int i = 0; i < 250; i++) {
      deep.insert(0, "{\"items\": ").append('}');
    }
    assertThat(refusal(deep.toString())).hasMessageContaining("deeper than 200");

    var wide = JsonNodeFactory.instance.objectNode();
    var parts = wide.putArray("allOf");
    for (int i = 0; i < 20; i++) {
      var branches = parts.addObject().putArray("anyOf");
      for (int j = 0; j < 8; j++) {
        branches.addObject().put("minimum", i * j);
      }
    }
    assertThat(refusal(wide.toString())).hasMessageContaining("more than 2,000 cases");

    assertThat(refusal("{\"type\": \"string\", \"pattern\": \"((((a{99}){99}){99}){99})\"}"))
        .hasMessageContaining("more than 200,000 states");
  }

  @Test
  void manyLargePatternsAreRefusedTogether() {
    var schema = JsonNodeFactory.instance.objectNode();
    var properties = schema.putObject("properties");
    for (int i = 0; i < 200; i++) {
      var property = properties.putObject("p" + i);
      property.put("type", "string").put("pattern", "^(ab%d?){300}$".formatted(i));
    }

    assertThat(refusal(schema.toString())).hasMessageContaining("more than 50,000 states together");
  }

  @Test
  void randomJsonIsAGrammarOrARefusal() {
    var random = new Random(9);
    for (int i = 0; i < 3_000; i++) {
      var schema = value(random, 4);
      try {
        assertThat(JsonSchemas.grammar(schema).rules()).isNotEmpty();
      } catch (SchemaException refusal) {
        assertThat(refusal.path()).as(schema.toString()).startsWith("#");
      }
    }
  }

  private static JsonNode value(RandomGenerator random, int depth) {
    var json = JsonNodeFactory.instance;
    switch (random.nextInt(depth == 0 ? 6 : 14)) {
      case 0 -> {
        return json.booleanNode(random.nextBoolean());
      }
      case 1 -> {
        return json.numberNode(random.nextInt(-2, 9));
      }
      case 2 -> {
        return json.numberNode(random.nextDouble() * Math.pow(10, random.nextInt(-30, 300)));
      }
      case 3 -> {
        return json.nullNode();
      }
      case 4, 5 -> {
        return json.textNode(WORDS[random.nextInt(WORDS.length)]);
      }
      case 6, 7 -> {
        var list = json.arrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.add(value(random, depth - 1));
        }
        return list;
      }
      default -> {
        var object = json.objectNode();
        for (int i = random.nextInt(1, 5); i > 0; i--) {
          object.set(KEYWORDS[random.nextInt(KEYWORDS.length)], value(random, depth - 1));
        }
        return object;
      }
    }
  }

  private static final String[] WORDS = {
    "string",
    "integer",
    "object",
    "array",
    "null",
    "#",
    "#/properties",
    "#/items",
    "a",
    "^a+$",
    "(",
    "date",
    "email",
    "x",
    "\\d{3}",
    "#/anyOf/0"
  };

  private static final String[] KEYWORDS = {
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "multipleOf",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "$defs",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "title",
    "a"
  };

  private static SchemaException refusal(String schema) {
    return catchThrowableOfType(
        SchemaException.class, () -> JsonSchemas.grammar(JSON.readTree(schema)));
  }
}
