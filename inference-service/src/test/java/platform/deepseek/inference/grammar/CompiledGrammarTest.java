package platform.deepseek.inference.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.grammar.JsonExpressions.anyValue;
import static platform.deepseek.inference.grammar.JsonExpressions.string;
import static platform.deepseek.inference.grammar.JsonExpressions.text;
import static platform.deepseek.inference.grammar.Vocabularies.STOP;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.grammar.Expression.Anything;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Reference;
import platform.deepseek.inference.grammar.Expression.Repeat;
import platform.deepseek.inference.grammar.Expression.Sequence;
import platform.deepseek.inference.grammar.Expression.Until;
import platform.deepseek.inference.grammar.Expression.Without;

class CompiledGrammarTest {

  private static final String[] WORDS = {
    "{\"",
    "\":",
    "\":\"",
    "\",\"",
    "\"}",
    "true",
    "the",
    " the",
    "12",
    "123",
    "[[",
    "]]",
    "é",
    "😀",
    "</think>",
    "</",
    "think>",
    ">{",
    ">\n\n",
    "aa",
    "aaaa",
    "aaaaaaaa",
    "a\"",
    "aaaa\"",
    "a"
  };

  private static final List<byte[]> TEXTS = Vocabularies.texts(WORDS);
  private static final TokenVocabulary VOCABULARY = Vocabularies.of(TEXTS);

  private static CompiledGrammar compiled(Expression expression) {
    return CompiledGrammar.compile(Grammar.of(expression), VOCABULARY);
  }

  /** The id of a token that is a word above or one character of ASCII. */
  private static int token(String text) {
    for (int token = TEXTS.size() - 1; token >= 0; token--) {
      if (new String(TEXTS.get(token), UTF_8).equals(text)) {
        return token;
      }
    }
    throw new AssertionError("no token " + text);
  }

  private static int token(int value) {
    return Vocabularies.FIRST_TEXT + value;
  }

  private static GrammarConstraint after(CompiledGrammar grammar, String... words) {
    GrammarConstraint constraint = grammar.start();
    for (String word : words) {
      constraint.accept(token(word));
    }
    return constraint;
  }

  private static List<String> allowed(GrammarConstraint constraint) {
    List<String> allowed = new ArrayList<>();
    for (int token = 0; token < TEXTS.size(); token++) {
      if (constraint.mask().allows(token)) {
        allowed.add(token == STOP ? "stop" : new String(TEXTS.get(token), UTF_8));
      }
    }
    return allowed;
  }

  private static boolean accepts(CompiledGrammar grammar, String text) {
    return grammar.accepts(text.getBytes(UTF_8));
  }

  @Test
  void stopTokensAreAllowedWhereTheTextMayEndAndNowhereElse() {
    CompiledGrammar grammar = compiled(Sequence.of(text("a"), new Repeat(text("a"), 1, 2)));

    assertThat(allowed(after(grammar))).containsExactlyInAnyOrder("a", "a", "aa");
    assertThat(allowed(after(grammar, "a"))).containsExactlyInAnyOrder("a", "a", "aa");
    assertThat(allowed(after(grammar, "aa"))).containsExactlyInAnyOrder("stop", "a", "a");
    assertThat(allowed(after(grammar, "aa", "a"))).containsExactly("stop");
  }

  @Test
  void specialAndEmptyTokensAreNeverAllowed() {
    GrammarConstraint constraint = compiled(new Anything()).start();

    assertThat(constraint.mask().allows(Vocabularies.SPECIAL)).isFalse();
    assertThat(constraint.mask().allows(Vocabularies.EMPTY)).isFalse();
    assertThatThrownBy(() -> constraint.accept(Vocabularies.SPECIAL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("token 1 is not allowed here");
  }

  @Test
  void aTokenThatTheMaskLeavesOutIsRefusedAndNothingIsLost() {
    GrammarConstraint constraint = after(compiled(text("aab")), "a");

    assertThatThrownBy(() -> constraint.accept(token("aa")))
        .isInstanceOf(IllegalArgumentException.class);
    constraint.accept(token("a"));
    assertThat(allowed(constraint)).containsExactly("b");
  }

  @Test
  void charactersMayBeSplitAcrossTokens() {
    GrammarConstraint constraint = compiled(new Anything()).start();

    for (int value : new int[] {0xF0, 0x9F, 0x98}) {
      constraint.accept(token(value));
      assertThat(constraint.mayEnd()).isFalse();
      assertThat(constraint.mask().allows(STOP)).isFalse();
      assertThat(constraint.mask().allows(token("a"))).isFalse();
    }
    constraint.accept(token(0x80));
    assertThat(constraint.mayEnd()).isTrue();
  }

  @Test
  void bytesThatAreNoUtf8AreRefused() {
    CompiledGrammar anything = compiled(new Anything());
    CompiledGrammar all = compiled(new Repeat(RandomGrammar.ranges(0, 0x10FFFF), 0, -1));

    for (CompiledGrammar grammar : List.of(anything, all)) {
      assertThat(grammar.accepts(bytes(0x80))).isFalse();
      assertThat(grammar.accepts(bytes(0xC0, 0x80))).as("overlong").isFalse();
      assertThat(grammar.accepts(bytes(0xE0, 0x9F, 0xBF))).as("overlong").isFalse();
      assertThat(grammar.accepts(bytes(0xED, 0xA0, 0x80))).as("surrogate").isFalse();
      assertThat(grammar.accepts(bytes(0xF4, 0x90, 0x80, 0x80))).as("too large").isFalse();
      assertThat(grammar.accepts(bytes(0xF4, 0x8F, 0xBF, 0xBF))).as("the last one").isTrue();
      assertThat(grammar.accepts(bytes(0xC3))).as("half a character").isFalse();
    }
  }

  @Test
  void setsOfCharactersHoldExactlyTheirCodePoints() {
    int[] ends = {
      0x41, 0x5A, 0x7E, 0x81, 0x7FE, 0x801, 0xD700, 0xE100, 0xFFFE, 0x10001, 0x3F123, 0x40456
    };
    CompiledGrammar grammar = compiled(RandomGrammar.ranges(ends));

    for (int c = 0; c <= Character.MAX_CODE_POINT; c += c < 0x12000 ? 1 : 61) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        boolean expected = false;
        for (int i = 0; i < ends.length; i += 2) {
          expected |= ends[i] <= c && c <= ends[i + 1];
        }
        if (accepts(grammar, Character.toString(c)) != expected) {
          throw new AssertionError("U+%X should be %b".formatted(c, expected));
        }
      }
    }
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void markersMayBeSplitAcrossTokensAndTokensMayRunOverThem() {
    CompiledGrammar grammar = compiled(Sequence.of(new Until("</think>"), text("{\"")));

    assertThat(allowed(after(grammar, " the", "</think>"))).containsExactlyInAnyOrder("{", "{\"");
    assertThat(allowed(after(grammar, "</", "think>"))).containsExactlyInAnyOrder("{", "{\"");
    GrammarConstraint running = after(grammar, "</", "t", "h", "i", "n", "k");
    assertThat(allowed(running)).contains(">", ">{", "the").doesNotContain(">\n\n");
    running.accept(token(">{"));
    assertThat(allowed(running)).containsExactly("\"");
  }

  @Test
  void textThatMerelyLooksLikeAMarkerPasses() {
    CompiledGrammar grammar = compiled(Sequence.of(new Until("aab"), text("!")));

    assertThat(accepts(grammar, "aaab!")).isTrue();
    assertThat(accepts(grammar, "abaab!")).isTrue();
    assertThat(accepts(grammar, "aabaab!")).isFalse();
    assertThat(accepts(grammar, "aab")).isFalse();
  }

  @Test
  void textWithoutAMarkerLeavesOutTheTokenThatEndsIt() {
    CompiledGrammar grammar = compiled(new Without("</think>"));

    assertThat(after(grammar, "</").mask().allows(token("think>"))).isFalse();
    assertThat(after(grammar, "</").mask().allows(token("the"))).isTrue();
    assertThat(after(grammar).mask().allows(token("</think>"))).isFalse();
    assertThat(after(grammar, "</", "the").mask().allows(token("think>"))).isTrue();
  }

  @Test
  void countedCharactersLeaveOutTokensThatAreTooLong() {
    CompiledGrammar grammar = compiled(string(2, 5));

    assertThat(allowed(after(grammar, "\"")))
        .contains("aaaa", "aaaa\"", "the", " the")
        .doesNotContain("aaaaaaaa", "a\"", "\"");
    assertThat(allowed(after(grammar, "\"", "aaaa")))
        .contains("a", "a\"", "\"", "😀")
        .doesNotContain("aa", "aaaa", "aaaa\"");
    assertThat(allowed(after(grammar, "\"", "aaaa", "😀"))).containsExactly("\"");
  }

  @Test
  void anEscapeIsOneCharacter() {
    CompiledGrammar grammar = compiled(string(1, 2));

    assertThat(accepts(grammar, "\"\\u00e9\\n\"")).isTrue();
    assertThat(accepts(grammar, "\"\\n\\\"a\"")).isFalse();
    assertThat(accepts(grammar, "\"\\u00eg\"")).isFalse();
  }

  @Test
  void tenThousandCharactersAreCountedNotUnrolled() {
    CompiledGrammar grammar = compiled(string(9_990, 10_000));

    assertThat(accepts(grammar, "\"" + "a".repeat(9_989) + "\"")).isFalse();
    assertThat(accepts(grammar, "\"" + "a".repeat(9_990) + "\"")).isTrue();
    assertThat(accepts(grammar, "\"" + "é".repeat(10_000) + "\"")).isTrue();
    assertThat(accepts(grammar, "\"" + "a".repeat(10_001) + "\"")).isFalse();
  }

  @Test
  void turnsOfSeveralLengthsAreCountedToo() {
    Expression turn = Choice.of(text("a"), text("aa"), new Reference("b"));
    CompiledGrammar grammar =
        CompiledGrammar.compile(
            new Grammar("root", Map.of("root", new Repeat(turn, 3, 5), "b", text("b"))),
            VOCABULARY);

    assertThat(accepts(grammar, "aa")).isFalse();
    assertThat(accepts(grammar, "aaa")).isTrue();
    assertThat(accepts(grammar, "a".repeat(10))).isTrue();
    assertThat(accepts(grammar, "a".repeat(11))).isFalse();
    assertThat(accepts(grammar, "bbbbbb")).isFalse();
  }

  @Test
  void repetitionsOfNothingEnd() {
    Expression maybe = new Repeat(new Reference("maybe"), 0, 1);
    CompiledGrammar grammar =
        CompiledGrammar.compile(
            new Grammar(
                "root",
                Map.of(
                    "root",
                    new Repeat(new Repeat(maybe, 0, Expression.UNBOUNDED), 10_000, 10_000),
                    "maybe",
                    Choice.of(text(""), text("ab"), text("c")))),
            VOCABULARY);

    assertThat(accepts(grammar, "")).isTrue();
    assertThat(accepts(grammar, "abccab")).isTrue();
    assertThat(accepts(grammar, "abca")).isFalse();
  }

  @Test
  void nestingAThousandDeepIsFollowed() {
    CompiledGrammar grammar = CompiledGrammar.compile(new Grammar("value", anyValue()), VOCABULARY);
    GrammarConstraint constraint = grammar.start();
    for (int i = 0; i < 1_000; i++) {
      assertThat(constraint.mask().allows(token("[["))).isTrue();
      constraint.accept(token("[["));
    }
    for (int i = 0; i < 1_000; i++) {
      assertThat(constraint.mayEnd()).isFalse();
      assertThat(constraint.mask().allows(token("]]"))).isTrue();
      constraint.accept(token("]]"));
    }
    assertThat(allowed(constraint)).containsExactly("stop");
  }

  @Test
  void anySplitOfATextIsAcceptedAlike() {
    CompiledGrammar grammar =
        CompiledGrammar.compile(
            new Grammar(
                "root",
                Map.of(
                    "root",
                    Sequence.of(new Until("</think>"), text("\n\n"), new Reference("value")),
                    "value",
                    anyValue().get("value"))),
            VOCABULARY);
    String text = "the é</ think</think>\n\n{\"aaaa\":[[12],[true,\"😀aaaaaaaa\"]],\"a\":-1.5e3}";
    byte[] bytes = text.getBytes(UTF_8);
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      GrammarConstraint constraint = grammar.start();
      for (int at = 0; at < bytes.length; ) {
        List<Integer> fitting = new ArrayList<>();
        for (int token = Vocabularies.FIRST_TEXT; token < TEXTS.size(); token++) {
          byte[] word = TEXTS.get(token);
          if (at + word.length <= bytes.length
              && Arrays.equals(word, 0, word.length, bytes, at, at + word.length)) {
            fitting.add(token);
          }
        }
        int token =
            switch (round) {
              case 0 -> fitting.getFirst();
              case 1 -> VOCABULARY.longestToken(bytes, at);
              default -> fitting.get(random.nextInt(fitting.size()));
            };
        assertThat(fitting).allMatch(constraint.mask()::allows);
        assertThat(constraint.mayEnd()).isFalse();
        constraint.accept(token);
        at += TEXTS.get(token).length;
      }
      assertThat(allowed(constraint)).contains("stop");
    }
  }

  @Test
  void manyThreadsShareOneGrammar() throws Exception {
    CompiledGrammar grammar = CompiledGrammar.compile(new Grammar("value", anyValue()), VOCABULARY);
    List<Callable<List<Long>>> walks = new ArrayList<>();
    for (int walk = 0; walk < 32; walk++) {
      int seed = walk % 4;
      walks.add(() -> walk(grammar, new Random(seed)));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<List<Long>>> found = threads.invokeAll(walks);
      for (int walk = 0; walk < found.size(); walk++) {
        assertThat(found.get(walk).get()).isEqualTo(found.get(walk % 4).get());
      }
    }
  }

  /** Masks on a random way; enough steps for the grammar to forget configurations. */
  private static List<Long> walk(CompiledGrammar grammar, Random random) {
    List<Long> masks = new ArrayList<>();
    GrammarConstraint constraint = grammar.start();
    for (int step = 0; step < 400; step++) {
      List<Integer> allowed = new ArrayList<>();
      for (int token = 0; token < TEXTS.size(); token++) {
        if (constraint.mask().allows(token)) {
          allowed.add(token);
        }
      }
      for (int word = 0; word * 64 < TEXTS.size(); word++) {
        masks.add(constraint.mask().word(word));
      }
      int token = allowed.get(random.nextInt(allowed.size()));
      if (token == STOP) {
        constraint = grammar.start();
      } else {
        constraint.accept(token);
      }
    }
    return masks;
  }

  @Test
  void branchesWithoutATextAreLeftOut() {
    Expression dead = Sequence.of(text("a"), new Expression.Characters(List.of()));
    CompiledGrammar grammar = compiled(Choice.of(dead, text("true")));

    assertThat(allowed(grammar.start())).containsExactlyInAnyOrder("t", "true");
    assertThatThrownBy(() -> compiled(dead))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no text follows rule 'root'");
  }

  @Test
  void aRuleThatNeverEndsHasNoText() {
    assertThatThrownBy(() -> compiled(Sequence.of(text("a"), new Reference("root"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no text follows rule 'root'");
  }

  @Test
  void leftRecursionIsRefused() {
    Expression left =
        Choice.of(
            Sequence.of(new Repeat(text("a"), 0, 1), new Reference("root"), text("b")), text("c"));

    assertThatThrownBy(() -> compiled(left))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rule 'root' of the grammar comes back to itself before any text");
  }

  @Test
  void aReferenceToNoRuleAndImpossibleNumbersAreRefused() {
    assertThatThrownBy(() -> compiled(new Reference("nowhere")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no rule 'nowhere'");
    assertThatThrownBy(() -> compiled(new Repeat(text("a"), 3, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 to 2 times");
  }

  @Test
  void tooManyWaysToReadATextAreRefused() {
    Expression nested =
        Sequence.of(
            text("a"), new Repeat(new Reference("root"), 0, 2), new Repeat(text("a"), 0, 9));
    CompiledGrammar grammar = compiled(nested);

    assertThatThrownBy(() -> accepts(grammar, "a".repeat(60)))
        .isInstanceOf(AmbiguousGrammarException.class)
        .hasMessageContaining("ways to read the same text");
  }

  @Test
  void aVocabularyWithoutTheByteThatMustComeSaysSo() {
    List<byte[]> texts = List.of(new byte[0], new byte[0], new byte[0], "a".getBytes(UTF_8));
    CompiledGrammar grammar =
        CompiledGrammar.compile(Grammar.of(text("ab")), Vocabularies.of(texts));
    GrammarConstraint constraint = grammar.start();
    constraint.accept(3);

    assertThatThrownBy(constraint::mask)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a token for every byte");
  }

  @Test
  void aVocabularyNeedsAStopToken() {
    assertThatThrownBy(() -> new TokenVocabulary(3, t -> bytes(t), Set.of(), t -> false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs stop tokens");
  }

  @Test
  void rehearsingATextOfAnotherGrammarIsRefused() {
    Grammar grammar = Grammar.of(string());

    CompiledGrammar.rehearse(grammar, VOCABULARY, "\"the\"", 2);
    assertThatThrownBy(() -> CompiledGrammar.rehearse(grammar, VOCABULARY, "\"the\"!", 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from byte 5 on");
  }
}
