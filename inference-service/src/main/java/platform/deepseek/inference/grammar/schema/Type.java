package platform.deepseek.inference.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;

/** The types of JSON values; integers are numbers with a constraint. */
enum Type {
  NULL,
  BOOLEAN,
  NUMBER,
  STRING,
  ARRAY,
  OBJECT;

  static Type of(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL -> NULL;
      case BOOLEAN -> BOOLEAN;
      case NUMBER -> NUMBER;
      case STRING -> STRING;
      case ARRAY -> ARRAY;
      case OBJECT -> OBJECT;
      case BINARY, MISSING, POJO ->
          throw new IllegalArgumentException(value.getNodeType() + " is no JSON value");
    };
  }
}
