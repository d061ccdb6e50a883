package platform.deepseek.inference.grammar.schema;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import platform.deepseek.inference.grammar.ByteAutomaton;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Reference;

/** The rules of one grammar, with names that begin with a prefix of its own. */
final class Rules {

  /** Each takes a kilobyte. */
  private static final int MOST_STATES = 50_000;

  private final String prefix;
  private final Map<String, Expression> rules = new LinkedHashMap<>();
  private final Set<ByteAutomaton> counted = Collections.newSetFromMap(new IdentityHashMap<>());
  private int states;
  private int anonymous;

  Rules(String prefix) {
    this.prefix = prefix;
  }

  /** A name that no rule has yet. */
  String fresh(String kind) {
    return prefix + kind + "-" + anonymous++;
  }

  /**
   * @throws UnsupportedSchemaException all automata together are too large
   */
  Reference add(String name, Expression expression) {
    rules.put(name, expression);
    expression.forEachAutomaton(this::count);
    if (states > MOST_STATES) {
      throw new UnsupportedSchemaException(
          "#",
          "schema",
          "its patterns, bounds and names need more than %,d states together; make them simpler"
              .formatted(MOST_STATES));
    }
    return new Reference(name);
  }

  private void count(ByteAutomaton automaton) {
    if (counted.add(automaton)) {
      states += automaton.states();
    }
  }

  Reference add(Expression expression) {
    return add(fresh("part"), expression);
  }

  int size() {
    return rules.size();
  }

  Map<String, Expression> all() {
    return rules;
  }

  /** Any JSON value. */
  Reference anyValue() {
    var name = prefix + "value";
    if (!rules.containsKey(name)) {
      rules.put(name, JsonText.NULL);
      add(
          name,
          Choice.of(
              anyObject(),
              anyArray(),
              JsonText.ANY_STRING,
              JsonText.ANY_NUMBER,
              JsonText.BOOLEAN,
              JsonText.NULL));
    }
    return new Reference(name);
  }

  /** Any JSON object. */
  Reference anyObject() {
    var name = prefix + "object";
    if (!rules.containsKey(name)) {
      rules.put(name, JsonText.NULL);
      var member = add(prefix + "member", JsonText.member(JsonText.ANY_STRING, anyValue()));
      add(name, JsonText.object(JsonText.list(member, 0, Expression.UNBOUNDED)));
    }
    return new Reference(name);
  }

  /** Any JSON array. */
  Reference anyArray() {
    var name = prefix + "array";
    if (!rules.containsKey(name)) {
      rules.put(name, JsonText.NULL);
      var item = add(prefix + "item", JsonText.spaced(anyValue()));
      add(name, JsonText.array(JsonText.list(item, 0, Expression.UNBOUNDED)));
    }
    return new Reference(name);
  }
}
