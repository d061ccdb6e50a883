package platform.deepseek.inference.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.grammar.JsonExpressions.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Repeat;
import platform.deepseek.inference.grammar.Expression.Sequence;
import platform.deepseek.inference.sampling.ConstraintTooCostlyException;
import platform.deepseek.inference.sampling.Work;

/** Masks that are found out a little at a time, as the engine has it done. */
class MaskInPartsTest {

  /** What a byte may lead through at once is the most that is spent beyond what was given. */
  private static final long LARGEST_PART = 1_000_000;

  @Test
  void aMaskFoundInPartsIsTheOneFoundAtOnce() {
    var random = new Random(21);
    int parts = 0;
    int masks = 0;
    for (int round = 0; round < 80; round++) {
      Grammar grammar = RandomGrammar.of(random);
      List<byte[]> texts = Vocabularies.random(random, 120);
      Optional<CompiledGrammar> whole = RandomGrammarTest.compile(grammar, texts);
      if (whole.isEmpty()) {
        continue;
      }
      var atOnce = whole.get().start();
      var inParts = CompiledGrammar.compile(grammar, Vocabularies.of(texts)).start();
      for (int step = 0; step < 8; step++) {
        while (!inParts.prepare(new Work(1 + random.nextInt(40)))) {
          parts++;
        }
        masks++;
        List<Integer> allowed = new ArrayList<>();
        for (int token = 0; token < texts.size(); token++) {
          assertThat(inParts.mask().allows(token)).isEqualTo(atOnce.mask().allows(token));
          if (token >= Vocabularies.FIRST_TEXT && atOnce.mask().allows(token)) {
            allowed.add(token);
          }
        }
        if (allowed.isEmpty()) {
          break;
        }
        int token = allowed.get(random.nextInt(allowed.size()));
        atOnce.accept(token);
        inParts.accept(token);
        assertThat(inParts.mayEnd()).isEqualTo(atOnce.mayEnd());
      }
    }
    assertThat(masks).isGreaterThan(200);
    assertThat(parts).isGreaterThan(10 * masks);
  }

  @Test
  void aTokenThatTheMaskForbidsIsRefusedWhileItIsNotReadYet() {
    var constraint = CompiledGrammar.compile(Grammar.of(text("ab")), Vocabularies.of()).start();
    int a = Vocabularies.FIRST_TEXT + 'a';
    int b = Vocabularies.FIRST_TEXT + 'b';
    while (!constraint.prepare(new Work(1))) {
      assertThatThrownBy(() -> constraint.accept(b)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> constraint.accept(b)).isInstanceOf(IllegalArgumentException.class);
    constraint.accept(a);
    assertThatThrownBy(() -> constraint.accept(a)).isInstanceOf(IllegalArgumentException.class);
    constraint.accept(b);

    assertThat(constraint.mayEnd()).isTrue();
  }

  @Test
  void aGrammarThatTakesTooMuchIsRefusedAndNoPartOfItIsLong() {
    List<Expression> alternatives = new ArrayList<>();
    for (int most = 1; most <= 1_500; most++) {
      alternatives.add(Sequence.of(new Repeat(text("a"), 0, 10_000 + most), text("b")));
    }
    String[] tokens = new String[400];
    for (int length = 1; length <= tokens.length; length++) {
      tokens[length - 1] = "a".repeat(length + 1);
    }
    var constraint =
        CompiledGrammar.compile(Grammar.of(new Choice(alternatives)), Vocabularies.of(tokens))
            .start();
    List<Work> parts = new ArrayList<>();

    assertThatThrownBy(
            () -> {
              do {
                parts.add(new Work(100_000));
              } while (!constraint.prepare(parts.getLast()));
            })
        .isInstanceOf(ConstraintTooCostlyException.class)
        .hasMessageContaining("1,000,000 places and ways to read");
    assertThat(parts).hasSizeGreaterThan(100);
    assertThat(parts).allMatch(work -> work.left() > -LARGEST_PART);
  }
}
