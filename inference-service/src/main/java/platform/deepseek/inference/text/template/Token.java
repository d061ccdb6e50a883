package platform.deepseek.inference.text.template;

/**
 * A piece of a template.
 *
 * @param text the name, the operator, or the text itself
 * @param value the value of a string or number
 */
record Token(Kind kind, String text, Object value, Position position) {

  enum Kind {
    DATA,
    OUTPUT_BEGIN,
    OUTPUT_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  String describe() {
    return switch (kind) {
      case DATA -> "text";
      case OUTPUT_BEGIN, OUTPUT_END -> "'" + text + "'";
      case BLOCK_BEGIN, BLOCK_END -> "'" + text + "'";
      case NAME, OPERATOR, INTEGER, FLOAT -> "'" + text + "'";
      case STRING -> "a string";
      case END -> "the end of the template";
    };
  }
}
