package platform.deepseek.inference.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.grammar.JsonExpressions.text;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.grammar.Expression.Characters;

class GrammarCacheTest {

  private final GrammarCache cache = new GrammarCache(Vocabularies.of(), 2, 20);

  @Test
  void equalGrammarsAreCompiledOnce() {
    CompiledGrammar first = cache.get(Grammar.of(text("a")));

    assertThat(cache.get(Grammar.of(text("a")))).isSameAs(first);
    assertThat(cache.get(Grammar.of(text("b")))).isNotSameAs(first);
  }

  @Test
  void theGrammarUsedLongestAgoIsForgotten() {
    CompiledGrammar first = cache.get(Grammar.of(text("a")));
    CompiledGrammar second = cache.get(Grammar.of(text("b")));
    assertThat(cache.get(Grammar.of(text("a")))).isSameAs(first);
    cache.get(Grammar.of(text("c")));

    assertThat(cache.get(Grammar.of(text("a")))).isSameAs(first);
    assertThat(cache.get(Grammar.of(text("b")))).isNotSameAs(second);
  }

  @Test
  void largeGrammarsAreForgottenEarlier() {
    CompiledGrammar small = cache.get(ofStates(8, 'a'));
    CompiledGrammar other = cache.get(ofStates(8, 'b'));
    assertThat(cache.get(ofStates(8, 'a'))).isSameAs(small);
    CompiledGrammar large = cache.get(ofStates(30, 'c'));

    assertThat(cache.get(ofStates(30, 'c'))).isSameAs(large);
    assertThat(cache.get(ofStates(8, 'b'))).isNotSameAs(other);
    assertThat(cache.get(ofStates(30, 'c'))).isNotSameAs(large);
  }

  private static Grammar ofStates(int states, char character) {
    int[] next = new int[states * 256];
    Arrays.fill(next, ByteAutomaton.NOWHERE);
    for (int state = 0; state < states - 1; state++) {
      next[state * 256 + character] = state + 1;
    }
    var accepting = new BitSet();
    accepting.set(states - 1);
    return Grammar.of(new Expression.Regular(new ByteAutomaton(next, accepting)));
  }

  @Test
  void aGrammarThatIsRefusedIsRefusedAgain() {
    Grammar nothing = Grammar.of(new Characters(List.of()));

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> cache.get(nothing))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no text follows rule 'root'");
    }
  }
}
