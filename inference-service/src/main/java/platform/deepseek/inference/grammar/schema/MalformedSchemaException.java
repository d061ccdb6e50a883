package platform.deepseek.inference.grammar.schema;

/** Not a JSON Schema, or one that no value is valid against. */
public final class MalformedSchemaException extends SchemaException {

  private static final long serialVersionUID = 1;

  MalformedSchemaException(String path, String keyword, String sentence) {
    super(path, keyword, sentence);
  }
}
