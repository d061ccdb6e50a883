package platform.deepseek.inference.api.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.grammar.ByteAutomaton;
import platform.deepseek.inference.grammar.Grammar;

/** One request may have 128 schemas, each of some hundred characters and fifty megabytes. */
class SchemasTest {

  private final Schemas schemas = new Schemas();

  @Test
  void toolsWithoutRoomForTheirSchemasMayBeCalledWithAnyObject() {
    var first = schemas.arguments(tool('a', false));
    for (char letter = 'b'; letter < 'l'; letter++) {
      schemas.arguments(tool(letter, false));
    }

    assertThat(first).isNotEqualTo(schemas.anyObject());
    assertThat(schemas.arguments(tool('z', false))).isEqualTo(schemas.anyObject());
    assertThat(states()).isBetween(9_000, Schemas.MOST_STATES);
  }

  @Test
  void aSchemaThatHasToBeEnforcedIsRefusedWhereThereIsNoRoom() {
    assertThatThrownBy(
            () -> {
              for (char letter = 'a'; letter < 'l'; letter++) {
                schemas.arguments(tool(letter, true));
              }
            })
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("50,000 states together")
        .hasMessageContaining("tools[f]");
  }

  @Test
  void whatSchemasShareIsCountedOnce() {
    var email = JsonNodeFactory.instance.objectNode().put("type", "object");
    email.putObject("properties").putObject("to").put("type", "string").put("format", "email");
    for (int i = 0; i < Tool.MAX_TOOLS; i++) {
      schemas.enforced(email, "tools");
    }

    assertThat(states()).isLessThan(10_000);
  }

  private int states() {
    var anything = new Grammar(schemas.rules().keySet().iterator().next(), schemas.rules());
    return anything.automata().stream().mapToInt(ByteAutomaton::states).sum();
  }

  /** A tool whose only argument takes an automaton of nine thousand states. */
  private static Tool tool(char letter, boolean strict) {
    var schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    schema
        .putObject("properties")
        .putObject("argument")
        .put("type", "string")
        .put("pattern", "^0?[%c1]{9000}$".formatted(letter));
    return new Tool("tool", null, schema, strict, "tools[%c]".formatted(letter));
  }
}
