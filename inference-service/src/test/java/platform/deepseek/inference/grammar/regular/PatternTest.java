package platform.deepseek.inference.grammar.regular;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns as automata: they match what ECMA 262 says, and Java's own engine where both agree. */
class PatternTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "a.c xabcx true",
        "^a.c xabc false",
        "^a.c$ abc true",
        "^(a|b$) xb false",
        "^(?:a|(?<n>b))$ b true",
        "(^a|b$) xxb true",
        "a{2,3}? aa true",
        "^a{2,3}$ aaaa false",
        "^[^a-c]$ d true",
        "^[\\w-]+$ a-b true",
        "^\\p{Lu}\\p{Ll}*$ Ägypten true",
        "^\\p{Letter}+$ a1 false",
        "^\\p{Script=Greek}+$ αβγ true",
        "^\\u0061\\x62\\u{63}$ abc true",
        "^\\ud83d\\ude00$ 😀 true",
        "^.$ 😀 true",
        "^\\cA$ x false",
        "^\\/\\-\\@$ /-@ true",
        "^[a\\]b-]+$ ]-b true",
        "^$ a false"
      })
  void patternsMatchAsEcmaSays(String pattern, String text, boolean matches) {
    assertThat(CharacterAutomaton.containing(Pattern.read(pattern)).accepts(text))
        .isEqualTo(matches);
  }

  /** As a JavaScript engine has it with the u flag. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "^\\ud83d\\u0041$ 𑡁 false", // what half a pair and a letter add up to
        "^\\ud83d\\ud83d\\ude00$ 😀 false",
        "^\\ud83d\\u{de00}$ 😀 false",
        "^(?:\\ud83d\\u0041|b)$ b true",
        "^(?:\\ude00\\ud83d|b)$ 😀 false",
        "^[\\ud83d\\ude00-\\ud83d\\ude02]$ 😁 true",
        "^[\\ud83d\\ude00-\\ud83d\\ude02]$ 😃 false",
        "^[😀-😂]$ 😁 true",
        "^[^😀-😂]$ 😁 false",
        "^[^😀-😂]$ 😃 true",
        "^[^😀-😂]$ a true",
        "^[😀a]{2}$ a😀 true",
        "^😀{2}$ 😀😀 true",
        "^\\u{1F600}$ 😀 true",
        "^\\u{0000000001f600}$ 😀 true",
        "^[^\\ud800-\\udfff]$ 😀 true",
        "^[^\\ud800-\\udfff]+$ a😀b true",
        "^[\\ud800-\\udfff]$ 😀 false",
        "^[\\ud800-\\udbff][\\udc00-\\udfff]$ 😀 false",
        "^[a-\\ud800]$ z true",
        "^[\\udfff-\\u{10ffff}]$ 😀 true",
        "^[\\udfff-\\u{10ffff}]$ a false",
        "^\\W$ 😀 true",
        "^\\S\\D$ 😀😀 true",
        "^\\P{Lu}$ 😀 true",
        "^..$ 😀 false",
        "^.{1,2}$ 😀😀 true"
      })
  void aPairIsOneCharacterAndHalfOfOneIsInNoText(String pattern, String text, boolean matches) {
    assertThat(CharacterAutomaton.containing(Pattern.read(pattern)).accepts(text))
        .isEqualTo(matches);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\u{}",
        "\\u{110000}",
        "\\u{ffffffffffffffffff}",
        "\\u{41",
        "\\u00g1",
        "\\u\uff10\uff10\uff14\uff11",
        "\\x\u0664\u0661",
        "[\\udc00-\\ud800]",
        "[\\ude00-a]"
      })
  void escapesThatAreNoneAreMalformed(String pattern) {
    assertThatThrownBy(() -> Pattern.read(pattern))
        .isInstanceOfSatisfying(
            PatternException.class, refused -> assertThat(refused.malformed()).isTrue());
  }

  @Test
  void aLineEndIsNoEndOfTheText() {
    assertThat(CharacterAutomaton.containing(Pattern.read("^a$")).accepts("a\n")).isFalse();
    assertThat(CharacterAutomaton.containing(Pattern.read("^.$")).accepts("\n")).isFalse();
    assertThat(CharacterAutomaton.containing(Pattern.read("^\\s$")).accepts("\ufeff")).isTrue();
  }

  @Test
  void anchorsHoldAtTheEndsAndNowhereElse() {
    assertThat(CharacterAutomaton.containing(Pattern.read("$^")).accepts("")).isTrue();
    assertThat(CharacterAutomaton.containing(Pattern.read("$^")).accepts("a")).isFalse();
    assertThat(CharacterAutomaton.containing(Pattern.read("a^b")).isEmpty()).isTrue();
    assertThat(CharacterAutomaton.containing(Pattern.read("(a|^)(b|$)")).accepts("xa")).isTrue();
  }

  @Test
  void randomPatternsAgreeWithJavasEngine() {
    var random = new Random(5);
    for (int i = 0; i < 1_500; i++) {
      var pattern = pattern(random, 3);
      var automaton = CharacterAutomaton.containing(Pattern.read(pattern));
      var complement = automaton.complement();
      var oracle = java.util.regex.Pattern.compile(pattern);
      for (int j = 0; j < 20; j++) {
        var text = text(random);
        boolean expected = oracle.matcher(text).find();
        assertThat(automaton.accepts(text)).as("%s in %s", pattern, text).isEqualTo(expected);
        assertThat(complement.accepts(text))
            .as("not %s in %s", pattern, text)
            .isNotEqualTo(expected);
      }
    }
  }

  @Test
  void intersectionsAcceptWhatBothAccept() {
    var random = new Random(6);
    for (int i = 0; i < 300; i++) {
      var one = CharacterAutomaton.containing(Pattern.read(pattern(random, 2)));
      var other = CharacterAutomaton.containing(Pattern.read(pattern(random, 2)));
      var both = one.and(other);
      for (int j = 0; j < 20; j++) {
        var text = text(random);
        assertThat(both.accepts(text)).isEqualTo(one.accepts(text) && other.accepts(text));
      }
    }
  }

  @Test
  void whatIsNotRegularIsNamedWithItsPlace() {
    assertThatThrownBy(() -> Pattern.read("ab(?=c)"))
        .isInstanceOf(PatternException.class)
        .hasMessage("a lookahead at character 5");
    assertThatThrownBy(() -> Pattern.read("(a)\\1")).hasMessageContaining("back reference \\1");
    assertThatThrownBy(() -> Pattern.read("a)")).hasMessage("')' without '(' at character 2");
  }

  @Test
  void largeAutomataAreRefused() {
    var exponential = Pattern.read("^(a|b)*a(a|b){20}$");

    assertThatThrownBy(() -> CharacterAutomaton.containing(exponential))
        .isInstanceOf(TooManyStatesException.class)
        .hasMessageContaining("10,000 states");
  }

  /** Of what both engines read alike: no end anchor, because Java's comes before a line end. */
  private static String pattern(RandomGenerator random, int depth) {
    if (depth == 0 || random.nextInt(4) == 0) {
      return List.of("a", "b", "ab", ".", "[ab]", "[^a]", "\\d", "^", "é", "[a-c1]", "")
          .get(random.nextInt(11));
    }
    var one = pattern(random, depth - 1);
    var other = pattern(random, depth - 1);
    return switch (random.nextInt(6)) {
      case 0 -> "(?:%s|%s)".formatted(one, other);
      case 1 -> "(%s)*".formatted(one);
      case 2 -> "(%s)+?%s".formatted(one, other);
      case 3 -> "(?:%s){1,2}".formatted(one);
      default -> one + other;
    };
  }

  private static String text(RandomGenerator random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(7); i > 0; i--) {
      text.appendCodePoint(
          List.of((int) 'a', (int) 'b', (int) 'c', (int) '1', 0xE9, 0x1F600)
              .get(random.nextInt(6)));
    }
    return text.toString();
  }
}
