package platform.deepseek.inference.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Grammar;

/** What a grammar of a schema decides beyond the specification: order, space, escapes, sizes. */
class JsonSchemasTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** As function definitions are: some objects, enums, lists, a union, a reference. */
  private static final String USUAL =
      """
      {"type": "object", "additionalProperties": false,
       "required": ["title", "people", "status", "due"],
       "properties": {
         "title": {"type": "string", "minLength": 1, "maxLength": 200},
         "people": {"type": "array", "minItems": 1, "maxItems": 20, "items": {"$ref": "#/$defs/person"}},
         "status": {"enum": ["open", "waiting", "done"]},
         "due": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
         "priority": {"type": "integer", "minimum": 1, "maximum": 5},
         "ratio": {"type": "number", "minimum": 0, "maximum": 1},
         "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"},
         "parent": {"$ref": "#"}},
       "$defs": {"person": {"type": "object", "required": ["name"],
         "properties": {"name": {"type": "string"}, "mail": {"type": "string", "format": "email"},
           "roles": {"type": "array", "items": {"type": "string"}}}}}}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"a\": 1, \"b\": 2, \"other\": 3}                ; true",
        "{\"a\":1,\"b\":2}                                 ; true",
        "{\"b\": 2}                                        ; true",
        "{\"b\": 2, \"a\": 1}                              ; false",
        "{\"other\": 3, \"a\": 1, \"b\": 2}                ; false",
        "{\"b\": 2, \"b\": 2}                              ; false",
        "{\"b\": 2, \"\\u0062\": 2}                        ; false",
        "{\"b\": 2,}                                       ; false",
        "{\"a\": 1}                                        ; false",
        "{\"b\": 2                                         ; false"
      })
  void propertiesComeInTheirOrderThenOthers(String text, boolean accepted) {
    var grammar =
        grammar(
            "{\"type\": \"object\", \"properties\": {\"a\": {}, \"b\": {}}, \"required\": [\"b\"]}");

    assertThat(ReferenceMatcher.accepts(grammar, text)).isEqualTo(accepted);
  }

  @Test
  void spaceIsBoundedAndPrettyPrintingFits() throws JsonProcessingException {
    var grammar = grammar("{}");
    var value = JSON.readTree("{\"a\": [1, {\"b\": [], \"c\": {}}], \"d\": \"e\"}");

    assertThat(ReferenceMatcher.accepts(grammar, value.toString())).isTrue();
    assertThat(ReferenceMatcher.accepts(grammar, "\n\n" + value)).isTrue();
    var pretty = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    assertThat(ReferenceMatcher.accepts(grammar, pretty)).isTrue();
    assertThat(ReferenceMatcher.accepts(grammar, pretty.replace("  ", "\t"))).isTrue();
    assertThat(ReferenceMatcher.accepts(grammar, pretty.replace("\n", "\r\n"))).isTrue();
    assertThat(ReferenceMatcher.accepts(grammar, "[" + " ".repeat(3) + "]")).isFalse();
    assertThat(ReferenceMatcher.accepts(grammar, "[\n\n]")).isFalse();
    assertThat(ReferenceMatcher.accepts(grammar, "1 ")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      quoteCharacter = '`',
      value = {
        "\"\\u00e9\\/\" true",
        "\"\\ud83d\\uDE00\" true",
        "\"\\ud83d\" false",
        "\"\\ude00\" false",
        "\"\\ud83d\\u0041\" false",
        "\"\\x\" false",
        "\"\t\" false"
      })
  void freeStringsTakeEveryEscape(String text, boolean accepted) {
    assertThat(ReferenceMatcher.accepts(grammar("{\"type\": \"string\"}"), text))
        .isEqualTo(accepted);
  }

  @Test
  void aPairOfEscapedSurrogatesIsOneCharacter() {
    var grammar = grammar("{\"type\": \"string\", \"maxLength\": 1}");

    assertThat(ReferenceMatcher.accepts(grammar, "\"\\ud83d\\ude00\"")).isTrue();
    assertThat(ReferenceMatcher.accepts(grammar, "\"😀\"")).isTrue();
    assertThat(ReferenceMatcher.accepts(grammar, "\"😀😀\"")).isFalse();
  }

  /** JSON Schema counts code points, and a pair of surrogates is one. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"maxLength\": 2}                                  ; \"😀😀\"          ; true",
        "{\"maxLength\": 2}                                  ; \"😀😀a\"         ; false",
        "{\"maxLength\": 2}                                  ; \"\\ud83d\\ude00😀\" ; true",
        "{\"minLength\": 2}                                  ; \"😀\"            ; false",
        "{\"minLength\": 2}                                  ; \"😀é\"           ; true",
        "{\"minLength\": 2, \"maxLength\": 2, \"pattern\": \"^[😀-😂x]*$\"} ; \"😁x\" ; true",
        "{\"minLength\": 2, \"maxLength\": 2, \"pattern\": \"^[😀-😂x]*$\"} ; \"😁\"  ; false",
        "{\"minLength\": 2, \"maxLength\": 2, \"pattern\": \"😀\"}         ; \"😀b\" ; true",
        "{\"minLength\": 2, \"maxLength\": 2, \"pattern\": \"😀\"}         ; \"😀\"  ; false",
        "{\"pattern\": \"^[^a]$\"}                           ; \"😀\"            ; true",
        "{\"pattern\": \"^[^😀]$\"}                          ; \"😀\"            ; false",
        "{\"pattern\": \"^[^😀]$\"}                          ; \"😁\"            ; true",
        "{\"pattern\": \"^\\\\ud83d\\\\ude00$\"}             ; \"😀\"            ; true",
        "{\"pattern\": \"^(?:\\\\ud83d\\\\u0041|b)$\"}       ; \"b\"             ; true",
        "{\"pattern\": \"^(?:\\\\ud83d\\\\u0041|b)$\"}       ; \"𑡁\"            ; false",
        "{\"pattern\": \"^[^\\\\ud800-\\\\udfff]+$\"}        ; \"😀a\"           ; true",
        "{\"enum\": [\"😀a\", \"😁b\", \"😀\"]}                ; \"😁b\"           ; true",
        "{\"enum\": [\"😀a\", \"😁b\", \"😀\"]}                ; \"😀\"            ; true",
        "{\"enum\": [\"😀a\", \"😁b\", \"😀\"]}                ; \"😀b\"           ; false",
        "{\"const\": \"🦜\"}                                ; \"🦜\"            ; true"
      })
  void charactersBeyondTheBasicPlaneAreSingleOnes(String schema, String text, boolean accepted) {
    var typed = schema.replaceFirst("\\{", "{\"type\": \"string\", ");

    assertThat(ReferenceMatcher.accepts(grammar(typed), text)).isEqualTo(accepted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"const\": \"a\\ud83d\"}",
        "{\"enum\": [\"b\", \"\\ude00\\ud83d\"]}",
        "{\"enum\": [{\"\\ud83d\": 1}]}",
        "{\"type\": \"object\", \"properties\": {\"\\ude00\": {}}, \"required\": [\"\\ude00\"]}"
      })
  void halfASurrogatePairIsNoTextOfAnAnswer(String schema) {
    assertThatThrownBy(() -> grammar(schema))
        .isInstanceOf(MalformedSchemaException.class)
        .hasMessageContaining("half of a surrogate pair");
  }

  @Test
  void aFragmentHasItsOwnNamesAndNoSpaceAround() throws JsonProcessingException {
    var fragment = JsonSchemas.grammar(JSON.readTree(USUAL), "call-");

    assertThat(fragment.rules().keySet()).allMatch(name -> name.startsWith("call-"));
    assertThat(JsonGrammars.anyObject("arguments-").rules().keySet())
        .allMatch(name -> name.startsWith("arguments-"));
    assertThat(ReferenceMatcher.accepts(JsonGrammars.anyObject("x-"), " {}")).isFalse();
  }

  @Test
  void objectsWithoutASchemaAreObjects() {
    assertThat(ReferenceMatcher.accepts(JsonGrammars.anyObject(), "{\"a\": [null, {}]}")).isTrue();
    assertThat(ReferenceMatcher.accepts(JsonGrammars.anyObject(), "[]")).isFalse();
    assertThat(ReferenceMatcher.accepts(JsonGrammars.anyValue(), "[1.5e3]")).isTrue();
  }

  @Test
  void tenThousandValuesShareTheirBeginnings() {
    var schema = JsonNodeFactory.instance.objectNode();
    var values = schema.putArray("enum");
    for (int i = 0; i < 20_000; i++) {
      values.add("value number " + i);
    }
    var grammar = JsonSchemas.grammar(schema);

    assertThat(ReferenceMatcher.accepts(grammar, "\"value number 19999\"")).isTrue();
    assertThat(ReferenceMatcher.accepts(grammar, "\"value number 20000\"")).isFalse();
    assertThat(grammar.rules().values()).allMatch(JsonSchemasTest::isNarrow);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"kind\": \"a\", \"x\": 1}   ; true",
        "{\"kind\": \"b\", \"x\": 1}   ; false",
        "{\"kind\": \"b\", \"x\": \"\"}  ; true",
        "{\"kind\": \"b\"}             ; false",
        "null                        ; true",
        "7                           ; false"
      })
  void branchesOfOneOfMayDifferInAConstantOrInTheirType(String text, boolean accepted) {
    var grammar =
        grammar(
            """
            {"oneOf": [
              {"type": "object", "additionalProperties": false, "minProperties": 2,
               "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}},
              {"type": "object", "additionalProperties": false, "required": ["kind", "x"],
               "properties": {"kind": {"const": "b"}, "x": {"type": "string"}}},
              {"type": "null"}]}
            """);

    assertThat(ReferenceMatcher.accepts(grammar, text)).isEqualTo(accepted);
  }

  @Test
  void aSchemaOfADailyKindCompilesFarBelowFiftyMilliseconds() throws JsonProcessingException {
    JsonNode schema = JSON.readTree(USUAL);
    var threads = ManagementFactory.getThreadMXBean();
    var times = new ArrayList<Long>();
    for (int i = 0; i < 60; i++) {
      long start = threads.getCurrentThreadCpuTime();
      JsonSchemas.grammar(schema);
      times.add(threads.getCurrentThreadCpuTime() - start);
    }
    times.sort(null);

    assertThat(times.get(times.size() / 2) / 1e6).as("ms of processor time, p50").isLessThan(50);
  }

  private static boolean isNarrow(Expression expression) {
    return switch (expression) {
      case Expression.Choice choice ->
          choice.options().size() <= 11
              && choice.options().stream().allMatch(JsonSchemasTest::isNarrow);
      case Expression.Sequence sequence ->
          sequence.parts().stream().allMatch(JsonSchemasTest::isNarrow);
      default -> true;
    };
  }

  private static Grammar grammar(String schema) {
    try {
      return JsonSchemas.grammar(JSON.readTree(schema));
    } catch (JsonProcessingException broken) {
      throw new IllegalArgumentException(broken);
    }
  }
}
