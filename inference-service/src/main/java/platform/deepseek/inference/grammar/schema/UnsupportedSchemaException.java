package platform.deepseek.inference.grammar.schema;

/** A schema that means something, which is not supported here. */
public final class UnsupportedSchemaException extends SchemaException {

  private static final long serialVersionUID = 1;

  UnsupportedSchemaException(String path, String keyword, String sentence) {
    super(path, keyword, sentence);
  }
}
