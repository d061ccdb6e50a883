package platform.deepseek.inference.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.grammar.CompiledGrammar;
import platform.deepseek.inference.grammar.Grammar;

/**
 * The official test suite of JSON Schema (draft 2020-12), all files of supported keywords. An
 * object counts as accepted if some order of its members is.
 */
class JsonSchemaTestSuiteTest {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /** Groups whose schema is refused on purpose, with the keyword that the refusal names. */
  private static final Map<String, String> REFUSED =
      Map.ofEntries(
          // A multiple of nine digits takes an automaton of as many states.
          Map.entry("multipleOf: float division = inf", "multipleOf"),
          // Branches that can hold at once.
          Map.entry("oneOf: oneOf", "oneOf"),
          Map.entry("oneOf: oneOf with base schema", "oneOf"),
          Map.entry("oneOf: oneOf with boolean schemas, all true", "oneOf"),
          Map.entry("oneOf: oneOf with boolean schemas, more than one true", "oneOf"),
          Map.entry("oneOf: oneOf complex types", "oneOf"),
          Map.entry("oneOf: oneOf with empty schema", "oneOf"),
          Map.entry("oneOf: oneOf with required", "oneOf"),
          Map.entry("oneOf: oneOf with missing optional property", "oneOf"),
          // References to other documents, or to addresses given inside of this one.
          Map.entry("anchor: Location-independent identifier with absolute URI", "$ref"),
          Map.entry(
              "anchor: Location-independent identifier with base URI change in subschema", "$ref"),
          Map.entry("anchor: same $anchor with different base uri", "$ref"),
          Map.entry("defs: validate definition against metaschema", "$ref"),
          Map.entry("ref: remote ref, containing refs itself", "$ref"),
          Map.entry("ref: Recursive references between schemas", "$ref"),
          Map.entry("ref: refs with relative uris and defs", "$ref"),
          Map.entry("ref: relative refs with absolute uris and defs", "$ref"),
          Map.entry(
              "ref: $id must be resolved against nearest parent, not just immediate parent",
              "$ref"),
          Map.entry("ref: order of evaluation: $id and $ref", "$ref"),
          Map.entry("ref: URN ref with nested pointer ref", "$ref"),
          Map.entry("ref: ref with absolute-path-reference", "$ref"),
          // Other keywords that are not supported.
          Map.entry(
              "additionalProperties: dependentSchemas with additionalProperties",
              "dependentSchemas"),
          Map.entry(
              "ref: ref creates new scope when adjacent to keywords", "unevaluatedProperties"),
          Map.entry("ref: ref to if", "if"),
          Map.entry("ref: ref to then", "then"),
          Map.entry("ref: ref to else", "else"));

  private final SmallVocabulary vocabulary = new SmallVocabulary();
  private final Random random = new Random(1);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "additionalProperties",
        "allOf",
        "anchor",
        "anyOf",
        "boolean_schema",
        "const",
        "content",
        "default",
        "defs",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "infinite-loop-detection",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "oneOf",
        "pattern",
        "patternProperties",
        "prefixItems",
        "properties",
        "propertyNames",
        "ref",
        "required",
        "type"
      })
  void everyValidInstanceIsAcceptedAndEveryInvalidOneRefused(String keyword) {
    var wrong = new ArrayList<String>();
    for (var group : groups(keyword)) {
      var name = keyword + ": " + group.get("description").textValue();
      if (REFUSED.containsKey(name)) {
        continue;
      }
      for (var test : group.get("tests")) {
        boolean valid = test.get("valid").booleanValue();
        if (accepts(group.get("schema"), test.get("data")) != valid) {
          wrong.add("%s: %s, valid: %s".formatted(name, test.get("description"), valid));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void whatIsRefusedIsListedAndNamesItsKeyword() {
    var refused = new TreeMap<String, String>();
    for (var keyword :
        List.of("additionalProperties", "anchor", "defs", "multipleOf", "oneOf", "ref")) {
      for (var group : groups(keyword)) {
        try {
          JsonSchemas.grammar(group.get("schema"));
        } catch (UnsupportedSchemaException reason) {
          refused.put(keyword + ": " + group.get("description").textValue(), reason.keyword());
        } catch (MalformedSchemaException nothingIsValid) {
          assertThat(group.get("tests")).noneMatch(test -> test.get("valid").booleanValue());
        }
      }
    }
    assertThat(refused).isEqualTo(new TreeMap<>(REFUSED));
  }

  /** By a matcher that tries every way, and by masks over tokens of three kinds of splits. */
  private boolean accepts(JsonNode schema, JsonNode value) {
    Grammar grammar;
    try {
      grammar = JsonSchemas.grammar(schema);
    } catch (MalformedSchemaException nothingIsValid) {
      assertThat(nothingIsValid).hasMessageContaining("no value is valid");
      return false;
    }
    var compiled = CompiledGrammar.compile(grammar, vocabulary.vocabulary());
    boolean any = false;
    for (var text : Instances.texts(value)) {
      boolean accepted = ReferenceMatcher.accepts(grammar, text);
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThat(walks(compiled, vocabulary.tokens(bytes, random, true))).isEqualTo(accepted);
      assertThat(walks(compiled, vocabulary.tokens(bytes, random, false))).isEqualTo(accepted);
      assertThat(walks(compiled, SmallVocabulary.singleBytes(bytes))).isEqualTo(accepted);
      any |= accepted;
    }
    return any;
  }

  private boolean walks(CompiledGrammar grammar, List<Integer> tokens) {
    var constraint = grammar.start();
    for (int token : tokens) {
      if (!constraint.mask().allows(token)) {
        return false;
      }
      constraint.accept(token);
    }
    return constraint.mask().allows(vocabulary.stop());
  }

  private static JsonNode groups(String keyword) {
    try (var file =
        JsonSchemaTestSuiteTest.class.getResourceAsStream(
            "/json-schema-test-suite/" + keyword + ".json")) {
      return JSON.readTree(file);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
