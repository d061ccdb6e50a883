package platform.deepseek.inference.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.grammar.schema.JsonGrammars;
import platform.deepseek.inference.grammar.schema.JsonSchemas;
import platform.deepseek.inference.grammar.schema.MalformedSchemaException;
import platform.deepseek.inference.grammar.schema.UnsupportedSchemaException;

/** The rules of all schemas of one answer, with names that do not meet. */
final class Schemas {

  private final Map<String, Expression> rules = new LinkedHashMap<>();
  private Expression anyObject;
  private int count;

  Map<String, Expression> rules() {
    return rules;
  }

  Expression anyObject() {
    if (anyObject == null) {
      anyObject = add(JsonGrammars.anyObject(prefix()));
    }
    return anyObject;
  }

  /**
   * JSON that the schema allows.
   *
   * @param path of the schema in the request
   * @throws ApiException what cannot be enforced is named
   */
  Expression enforced(JsonNode schema, String path) {
    try {
      return add(JsonSchemas.grammar(schema, prefix()));
    } catch (UnsupportedSchemaException e) {
      throw new ApiException(
          ApiError.UNSUPPORTED_PARAMETER,
          "Unsupported schema in '%s': %s".formatted(path, e.getMessage()),
          path);
    } catch (MalformedSchemaException e) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid schema in '%s': %s".formatted(path, e.getMessage()),
          path);
    }
  }

  /** A tool's arguments: as its schema has them, or any object where that cannot be enforced. */
  Expression arguments(Tool tool) {
    if (tool.parameters() == null) {
      return anyObject();
    }
    JsonNode schema = tool.parameters();
    if (schema instanceof ObjectNode object && !object.has("type")) {
      schema = object.deepCopy().put("type", "object");
    }
    if (tool.strict()) {
      return enforced(schema, tool.path());
    }
    try {
      return add(JsonSchemas.grammar(schema, prefix()));
    } catch (UnsupportedSchemaException | MalformedSchemaException notStrict) {
      return anyObject();
    }
  }

  private String prefix() {
    return "schema" + count++ + "-";
  }

  private Expression add(Grammar grammar) {
    rules.putAll(grammar.rules());
    return new Expression.Reference(grammar.root());
  }
}
