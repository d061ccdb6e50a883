package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Sequence;
import platform.deepseek.inference.grammar.Grammar;

/** Grammars whose texts are the JSON values that are valid against a schema. */
public final class JsonSchemas {

  private JsonSchemas() {}

  /**
   * The grammar of a whole answer: a valid value, behind white space of a character or two.
   *
   * @throws UnsupportedSchemaException for a keyword or combination that is not supported
   * @throws MalformedSchemaException for what is no schema, or allows no value
   */
  public static Grammar grammar(JsonNode schema) {
    return answer(grammar(schema, "json-"));
  }

  /**
   * The grammar of a valid value without white space around it, to become part of another one.
   *
   * @param prefix what the names of all its rules begin with
   */
  public static Grammar grammar(JsonNode schema, String prefix) {
    return new Compilation(schema, prefix).grammar();
  }

  static Grammar answer(Grammar value) {
    var rules = new HashMap<>(value.rules());
    rules.put("answer", Sequence.of(JsonText.LEADING, new Expression.Reference(value.root())));
    return new Grammar("answer", rules);
  }
}
