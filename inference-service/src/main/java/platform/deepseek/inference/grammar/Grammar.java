package platform.deepseek.inference.grammar;

import java.util.Map;

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

  /** A grammar of one rule. */
  public static Grammar of(Expression expression) {
    return new Grammar("root", Map.of("root", expression));
  }
}
