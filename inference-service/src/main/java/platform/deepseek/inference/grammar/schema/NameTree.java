package platform.deepseek.inference.grammar.schema;

import java.util.Set;
import platform.deepseek.inference.grammar.regular.CharacterAutomaton;
import platform.deepseek.inference.grammar.regular.RegularExpression;

/** The names that are not among those declared. */
final class NameTree {

  private NameTree() {}

  static CharacterAutomaton allBut(Set<String> names) {
    return CharacterAutomaton.matching(
            new RegularExpression.Alternatives(
                names.stream().map(RegularExpression::text).toList()))
        .complement();
  }
}
