package platform.deepseek.inference.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.grammar.JsonExpressions.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.sampling.TokenConstraint;

class ReasoningBudgetTest {

  private static final List<byte[]> TEXTS =
      Vocabularies.texts("so", "</", "think>", "</think>", "think>{", "think>}", "{}");

  private static final TokenVocabulary VOCABULARY = Vocabularies.of(TEXTS);

  private static final CompiledGrammar STRICT =
      CompiledGrammar.compile(
          ReasoningBudget.grammar("</think>", Grammar.of(text("{}"))), VOCABULARY);

  private static final CompiledGrammar FREE =
      CompiledGrammar.compile(ReasoningBudget.grammarOfFreeAnswer("</think>"), VOCABULARY);

  private static int token(String text) {
    return IntStream.range(0, TEXTS.size())
        .filter(t -> new String(TEXTS.get(t), UTF_8).equals(text))
        .findFirst()
        .orElseThrow();
  }

  private static int token(int value) {
    return Vocabularies.FIRST_TEXT + value;
  }

  private static List<String> allowed(TokenConstraint constraint) {
    List<String> allowed = new ArrayList<>();
    for (int token = 0; token < TEXTS.size(); token++) {
      if (constraint.mask().allows(token)) {
        allowed.add(token == Vocabularies.STOP ? "stop" : new String(TEXTS.get(token), UTF_8));
      }
    }
    return allowed;
  }

  @Test
  void aThoughtMayRunForItsTokensThenTheMarkerIsForced() {
    TokenConstraint constraint = STRICT.start(3);
    for (int i = 0; i < 3; i++) {
      assertThat(allowed(constraint)).contains("so", "</think>", "a").doesNotContain("stop");
      constraint.accept(token("so"));
    }

    assertThat(allowed(constraint)).containsExactlyInAnyOrder("<", "</", "</think>");
    constraint.accept(token("</"));
    assertThat(allowed(constraint)).containsExactlyInAnyOrder("t", "think>", "think>{");
    constraint.accept(token("think>{"));
    assertThat(allowed(constraint)).containsExactly("}");
    constraint.accept(token("}"));
    assertThat(allowed(constraint)).containsExactly("stop");
  }

  @Test
  void aBegunMarkerIsFinishedNotRepeated() {
    TokenConstraint constraint = STRICT.start(1);
    constraint.accept(token("</"));

    assertThat(allowed(constraint)).containsExactlyInAnyOrder("t", "think>", "think>{");
  }

  @Test
  void aBegunCharacterIsEndedFirst() {
    TokenConstraint constraint = STRICT.start(1);
    constraint.accept(token(0xF0));

    assertThat(constraint.mask().allows(token(0x9F))).isTrue();
    assertThat(constraint.mask().allows(token("<"))).isFalse();
    constraint.accept(token(0x9F));
    constraint.accept(token(0x98));
    constraint.accept(token(0x80));
    assertThat(allowed(constraint)).containsExactlyInAnyOrder("<", "</", "</think>");
  }

  @Test
  void aThoughtThatEndsByItselfLeavesTheAnswerUnlimited() {
    TokenConstraint constraint = STRICT.start(2);
    constraint.accept(token("</think>"));

    assertThat(allowed(constraint)).containsExactlyInAnyOrder("{", "{}");
  }

  @Test
  void noTokensToThinkForceTheMarkerAtOnce() {
    assertThat(allowed(STRICT.start(0))).containsExactlyInAnyOrder("<", "</", "</think>");
  }

  @Test
  void behindTheThoughtAFreeAnswerIsNotConstrained() {
    TokenConstraint constraint = new ReasoningBudget(FREE, 1);
    constraint.accept(token("so"));
    assertThat(allowed(constraint)).containsExactlyInAnyOrder("<", "</", "</think>");
    constraint.accept(token("</"));
    assertThat(allowed(constraint)).contains("think>}");
    constraint.accept(token("think>}"));

    assertThat(constraint.mask()).isNull();
    constraint.accept(Vocabularies.SPECIAL);
    assertThat(constraint.mask()).isNull();
  }

  @Test
  void withoutABudgetAThoughtTakesItsTime() {
    TokenConstraint constraint = STRICT.start();
    for (int i = 0; i < 1_000; i++) {
      constraint.accept(token("so"));
    }

    assertThat(allowed(constraint)).contains("so", "</think>").doesNotContain("stop");
  }

  @Test
  void aBudgetNeedsAThought() {
    CompiledGrammar answer = CompiledGrammar.compile(Grammar.of(text("{}")), VOCABULARY);

    assertThatThrownBy(() -> answer.start(5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("begins with text up to a marker");
    assertThatThrownBy(() -> STRICT.start(-1)).isInstanceOf(IllegalArgumentException.class);
  }
}
