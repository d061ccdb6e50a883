package platform.deepseek.inference.grammar.schema;

/** A schema that no grammar is made of. The message is a sentence that names place and keyword. */
public abstract sealed class SchemaException extends RuntimeException
    permits UnsupportedSchemaException, MalformedSchemaException {

  private static final long serialVersionUID = 1;

  private final String path;
  private final String keyword;

  SchemaException(String path, String keyword, String sentence) {
    super("'%s' at %s: %s".formatted(keyword, path, sentence));
    this.path = path;
    this.keyword = keyword;
  }

  /** Where the schema stands, as a JSON pointer behind '#'. */
  public String path() {
    return path;
  }

  /** The keyword that is to blame. */
  public String keyword() {
    return keyword;
  }
}
