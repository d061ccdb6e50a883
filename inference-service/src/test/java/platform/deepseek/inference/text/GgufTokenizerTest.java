package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.text.TokenizerFixture.elements;
import static platform.deepseek.inference.text.TokenizerFixture.ids;
import static platform.deepseek.inference.text.TokenizerFixture.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GgufTokenizerTest {

  private static final List<String> FILES = List.of("tiny_llama_mixed", "tiny_qwen2_q8_0");

  static Stream<Arguments> texts() {
    return FILES.stream()
        .flatMap(
            file ->
                TokenizerFixture.QWEN_STYLE
                    .cases("encode")
                    .map(c -> Arguments.argumentSet(file + " " + c.get("name"), file, c)));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void textGivesTheIdsOfLlamaCpp(String file, JsonNode c) {
    var tokenizer = GgufModel.tokenizer(TokenizerFixture.path("/fixtures/gguf/" + file + ".gguf"));
    Map<String, int[]> differing =
        elements(
                json("/fixtures/gguf/" + file + ".golden.json")
                    .get("tokenization_differs_from_llama_cpp"))
            .collect(
                Collectors.toMap(d -> d.get("name").textValue(), d -> ids(d.get("llama_cpp_ids"))));
    var expected = differing.getOrDefault(c.get("name").textValue(), ids(c.get("ids")));

    assertThat(tokenizer.encode(c.get("text").textValue(), true, true)).isEqualTo(expected);
  }

  @Test
  void controlTokensAreSpecialAndUserDefinedOnesAreNot() {
    var tokenizer = GgufTokenizer.of(vocabulary("gpt2", "gpt-2", Optional.empty()));

    assertThat(tokenizer.isSpecial(3)).isTrue();
    assertThat(tokenizer.isSpecial(4)).isFalse();
    assertThat(tokenizer.encode("ab<s><u>", true, false)).containsExactly(2, 3, 4);
    assertThat(tokenizer.encode("a<s>", false, false)).containsExactly(0);
    assertThat(tokenizer.bytes(5)).isEmpty();
    assertThat(tokenizer.beginOfSequence()).hasValue(3);
    assertThat(tokenizer.config().chatTemplate()).contains("{{ bos_token }}");
  }

  @Test
  void theFileDecidesWhetherTheBeginTokenIsAdded() {
    assertThat(encodeWithSpecial("gpt-2", Optional.empty())).containsExactly(2);
    assertThat(encodeWithSpecial("gpt-2", Optional.of(true))).containsExactly(3, 2);
    assertThat(encodeWithSpecial("llama-bpe", Optional.empty())).containsExactly(3, 2);
    assertThat(encodeWithSpecial("llama-bpe", Optional.of(false))).containsExactly(2);
  }

  @Test
  void digitsAreSplitAsTheRulesSay() {
    assertThat(words("gpt-2", "12345")).isEqualTo("12345");
    assertThat(words("smollm", "12345")).isEqualTo("1 2 3 4 5");
    assertThat(words("qwen2", "12345")).isEqualTo("1 2 3 4 5");
    assertThat(words("deepseek-r1-qwen", "12345")).isEqualTo("1 2 3 4 5");
    assertThat(words("llama-bpe", "12345")).isEqualTo("123 45");
    assertThat(words("deepseek-v3", "12345")).isEqualTo("123 45");
  }

  /** The marks of deepseek-llm reach from ':' to '~', so they keep plain letters from others. */
  @Test
  void deepseeksFirstRulesSplitLinesWordsMarksScriptsAndNumbers() {
    String text = "Grüße, Ωmega２  x\n\r漢字カナ한글 12!?";

    assertThat(pieces("deepseek-llm", text))
        .containsExactly(
            "Gr", "üß", "e", ",", " Ω", "mega", "２", " ", " x", "\n", "\r", "漢字カナ한글", " ", "12",
            "!?");
    assertThat(pieces("deepseek-coder", text))
        .containsExactly(
            "Grüße", ",", " Ωmega", "２", " ", " x", "\n", "\r", "漢字カナ한글", " ", "1", "2", "!?");
  }

  @Test
  void unknownRulesAreNamedWithTheKnownOnes() {
    assertThatThrownBy(() -> GgufTokenizer.of(vocabulary("gpt2", "tekken", Optional.empty())))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("\"tekken\"")
        .hasMessageContaining("smollm, qwen2, deepseek-r1-qwen, llama-bpe");
  }

  @Test
  void otherKindsOfVocabularyAreRefused() {
    assertThatThrownBy(() -> GgufTokenizer.of(vocabulary("llama", "default", Optional.empty())))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining("kind \"llama\"");
  }

  private static int[] encodeWithSpecial(String rules, Optional<Boolean> addBeginOfSequence) {
    return GgufTokenizer.of(vocabulary("gpt2", rules, addBeginOfSequence))
        .encode("ab", false, true);
  }

  private static GgufVocabulary vocabulary(
      String model, String rules, Optional<Boolean> addBeginOfSequence) {
    return new GgufVocabulary(
        model,
        rules,
        List.of("a", "b", "ab", "<s>", "<u>", "[PAD5]"),
        new int[] {1, 1, 1, 3, 4, 5},
        List.of("a b"),
        OptionalInt.of(3),
        OptionalInt.empty(),
        addBeginOfSequence,
        Optional.of("{{ bos_token }}"));
  }

  /** Where a vocabulary that could join any digits is kept from it by the splitting rules. */
  private static String words(String rules, String text) {
    var tokens = List.of("1", "2", "3", "4", "5", "12", "123", "1234", "12345", "45");
    var tokenizer =
        GgufTokenizer.of(
            new GgufVocabulary(
                "gpt2",
                rules,
                tokens,
                tokens.stream().mapToInt(token -> 1).toArray(),
                List.of("1 2", "12 3", "123 4", "1234 5", "4 5"),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty()));
    return Arrays.stream(tokenizer.encode(text, false, false))
        .mapToObj(tokens::get)
        .collect(Collectors.joining(" "));
  }

  /**
   * The pieces that rules cut a text into, by a vocabulary that joins whatever is not kept apart:
   * from each byte on all longer and longer pieces, the first bytes' first.
   */
  private static List<String> pieces(String rules, String text) {
    Map<Byte, Character> letters = new TreeMap<>();
    for (char c = '!'; c <= '\u0143'; c++) {
      byte[] meant = ByteLevelAlphabet.bytes(String.valueOf(c));
      if (meant.length == 1 && c != '\u007f') {
        letters.put(meant[0], c);
      }
    }
    var bytes = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      bytes.append(letters.get(b));
    }
    var tokens =
        letters.values().stream()
            .map(String::valueOf)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    var merges = new LinkedHashSet<String>();
    for (int from = 0; from < bytes.length(); from++) {
      for (int to = from + 1; to < bytes.length(); to++) {
        merges.add(bytes.substring(from, to) + " " + bytes.charAt(to));
        tokens.add(bytes.substring(from, to + 1));
      }
    }
    var tokenizer =
        GgufTokenizer.of(
            new GgufVocabulary(
                "gpt2",
                rules,
                List.copyOf(tokens),
                tokens.stream().mapToInt(token -> 1).toArray(),
                List.copyOf(merges),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty()));
    return Arrays.stream(tokenizer.encode(text, false, false))
        .mapToObj(token -> new String(tokenizer.bytes(token), StandardCharsets.UTF_8))
        .toList();
  }
}
