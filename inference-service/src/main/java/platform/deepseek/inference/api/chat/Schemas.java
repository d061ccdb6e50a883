package platform.deepseek.inference.api.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.grammar.ByteAutomaton;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.grammar.schema.JsonGrammars;
import platform.deepseek.inference.grammar.schema.JsonSchemas;
import platform.deepseek.inference.grammar.schema.MalformedSchemaException;
import platform.deepseek.inference.grammar.schema.UnsupportedSchemaException;

/** The rules of all schemas of one answer, with names that do not meet. */
final class Schemas {

  /** Of all automata together, a kilobyte each; as many as one schema may need. */
  static final int MOST_STATES = 50_000;

  private final Map<String, Expression> rules = new LinkedHashMap<>();
  private final Set<ByteAutomaton> automata = Collections.newSetFromMap(new IdentityHashMap<>());
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
      return addIfItFits(JsonSchemas.grammar(schema, prefix()))
          .orElseThrow(
              () ->
                  new ApiException(
                      ApiError.UNSUPPORTED_PARAMETER,
                      ("The schemas up to '%s' need more than %,d states together;"
                              + " make their patterns, bounds and names simpler.")
                          .formatted(path, MOST_STATES),
                      path));
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
      return addIfItFits(JsonSchemas.grammar(schema, prefix())).orElseGet(this::anyObject);
    } catch (UnsupportedSchemaException | MalformedSchemaException notStrict) {
      return anyObject();
    }
  }

  private String prefix() {
    return "schema" + count++ + "-";
  }

  private Optional<Expression> addIfItFits(Grammar grammar) {
    Set<ByteAutomaton> all = grammar.automata();
    all.addAll(automata);
    if (all.stream().mapToInt(ByteAutomaton::states).sum() > MOST_STATES) {
      return Optional.empty();
    }
    automata.addAll(all);
    return Optional.of(add(grammar));
  }

  private Expression add(Grammar grammar) {
    rules.putAll(grammar.rules());
    return new Expression.Reference(grammar.root());
  }
}
