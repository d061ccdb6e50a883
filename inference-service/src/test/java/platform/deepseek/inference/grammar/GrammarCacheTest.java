package platform.deepseek.inference.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.grammar.JsonExpressions.text;

import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.grammar.Expression.Characters;

class GrammarCacheTest {

  private final GrammarCache cache = new GrammarCache(Vocabularies.of(), 2);

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
  void aGrammarThatIsRefusedIsRefusedAgain() {
    Grammar nothing = Grammar.of(new Characters(List.of()));

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> cache.get(nothing))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no text follows rule 'root'");
    }
  }
}
