package platform.deepseek.inference.grammar;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A context-free grammar over characters. Two equal grammars are compiled once.
 *
 * @param root the name of the rule that a whole answer follows
 * @param rules by name
 */
public record Grammar(String root, Map<String, Expression> rules) {

  public Grammar {
    rules = Map.copyOf(rules);
    if (!rules.containsKey(root)) {
      throw new IllegalArgumentException("the grammar has no rule '%s'".formatted(root));
    }
  }

  /** Its automata, each once. They are nearly all of its memory: a kilobyte for each state. */
  public Set<ByteAutomaton> automata() {
    Set<ByteAutomaton> automata = Collections.newSetFromMap(new IdentityHashMap<>());
    rules.values().forEach(rule -> rule.forEachAutomaton(automata::add));
    return automata;
  }

  /** A grammar of one rule. */
  public static Grammar of(Expression expression) {
    return new Grammar("root", Map.of("root", expression));
  }
}
