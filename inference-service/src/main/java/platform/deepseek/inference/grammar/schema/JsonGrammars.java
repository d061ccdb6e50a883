package platform.deepseek.inference.grammar.schema;

import platform.deepseek.inference.grammar.Grammar;

/** Grammars of JSON without a schema. */
public final class JsonGrammars {

  private JsonGrammars() {}

  /** A whole answer that is one JSON value. */
  public static Grammar anyValue() {
    return JsonSchemas.answer(anyValue("json-"));
  }

  /** A whole answer that is one JSON object. */
  public static Grammar anyObject() {
    return JsonSchemas.answer(anyObject("json-"));
  }

  /**
   * Any JSON value without white space around it, to become part of another grammar.
   *
   * @param prefix what the names of all its rules begin with
   */
  public static Grammar anyValue(String prefix) {
    var rules = new Rules(prefix);
    return new Grammar(rules.anyValue().rule(), rules.all());
  }

  /**
   * Any JSON object without white space around it, to become part of another grammar.
   *
   * @param prefix what the names of all its rules begin with
   */
  public static Grammar anyObject(String prefix) {
    var rules = new Rules(prefix);
    return new Grammar(rules.anyObject().rule(), rules.all());
  }
}
