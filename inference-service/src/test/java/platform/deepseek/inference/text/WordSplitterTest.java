package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Words are cut as the tokenizers library cuts them. It does not tell its words, so it is given a
 * vocabulary in which the last byte of a word is a token of its own.
 */
class WordSplitterTest {

  private static final String LAST = "</w>";

  /** Each way to split that has a name, and each expression that none of them has. */
  static Stream<List<String>> rules() {
    var named = Arrays.stream(PreTokenizer.values()).map(PreTokenizer::patterns).toList();
    return Stream.concat(
        named.stream(),
        SplitRules.known().stream()
            .filter(rule -> named.stream().noneMatch(rules -> rules.contains(rule)))
            .map(List::of));
  }

  private static ObjectNode preTokenizer(List<String> rules) {
    var sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    var parts = sequence.putArray("pretokenizers");
    for (String rule : rules) {
      var split = parts.addObject().put("type", "Split").put("behavior", "Isolated");
      split.put("invert", false).putObject("pattern").put("Regex", rule);
    }
    parts
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("use_regex", false)
        .put("trim_offsets", true);
    return sequence;
  }

  private static NativeTokenizer library(List<String> rules) {
    var root = JsonNodeFactory.instance.objectNode().put("version", "1.0");
    root.putArray("added_tokens");
    root.set("pre_tokenizer", preTokenizer(rules));
    var model = root.putObject("model").put("type", "BPE").put("end_of_word_suffix", LAST);
    var vocabulary = model.putObject("vocab");
    int next = 0x100;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xFF && value != 0xAD;
      String character = String.valueOf((char) (printable ? value : next++));
      vocabulary.put(character, value);
      vocabulary.put(character + LAST, 256 + value);
    }
    model.putArray("merges");
    return new NativeTokenizer(root.toString());
  }

  private static List<String> wordsOfLibrary(NativeTokenizer library, String text) {
    List<String> words = new ArrayList<>();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] tokens = library.encode(text, false);
    assertThat(tokens).hasSameSizeAs(bytes);
    int begun = 0;
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] >= 256) {
        words.add(new String(bytes, begun, i + 1 - begun, StandardCharsets.UTF_8));
        begun = i + 1;
      }
    }
    return words;
  }

  private static List<String> words(List<String> rules, String text) {
    List<String> words = new ArrayList<>();
    WordSplitter.split(
        SplitRules.of(preTokenizer(rules)).orElseThrow(),
        text,
        (from, to) -> words.add(text.substring(from, to)));
    return words;
  }

  @ParameterizedTest
  @MethodSource("rules")
  void randomTextIsCutAsByTheLibrary(List<String> rules) {
    var random = new Random(5);
    var library = library(rules);
    String alphabet =
        "aZe'sStTrRvVmMlLdD''019   \t\t\r\n\n\u000b\u0085\u00a0\u2028\u3000.,!?$^~\"\u017f\u212a"
            + "éß\u0301中文的ひカ한\u0e01\u0640\u02b0²Ⅷ٣½_-#{}\u200d\ufeff\uff01\uff21\u001c";
    int[] characters =
        (alphabet + "\ud83e\udd9c\ud801\udc00\ud835\udc00\ud83d\udc69").codePoints().toArray();
    for (int round = 0; round < 300; round++) {
      var text = new StringBuilder();
      for (int i = random.nextInt(60); i >= 0; i--) {
        int character = characters[random.nextInt(characters.length)];
        for (int times = random.nextInt(4) == 0 ? 1 + random.nextInt(5) : 1; times > 0; times--) {
          text.appendCodePoint(character);
        }
      }
      assertThat(words(rules, text.toString()))
          .as(text.toString())
          .isEqualTo(wordsOfLibrary(library, text.toString()));
    }
  }

  /** Of the many ideographs and syllables that Unicode describes as one, some. */
  @ParameterizedTest
  @MethodSource("rules")
  void everyCharacterIsOfTheKindThatItIsToTheLibrary(List<String> rules) {
    var library = library(rules);
    var text = new StringBuilder();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      int type = Character.getType(c);
      boolean one =
          type == Character.SURROGATE
              || type == Character.UNASSIGNED
              || type == Character.PRIVATE_USE;
      boolean likeOthers = Character.isIdeographic(c) || c >= 0xAC00 && c <= 0xD7A3;
      if (!(one || likeOthers) || type != Character.SURROGATE && c % 97 == 0 && c < 0x40000) {
        text.appendCodePoint(c).append('a').appendCodePoint(c).append("1 ").appendCodePoint(c);
        text.append('\'').appendCodePoint(c).append('\n').appendCodePoint(c);
      }
      if (text.length() > 20_000) {
        assertThat(words(rules, text.toString()))
            .isEqualTo(wordsOfLibrary(library, text.toString()));
        text.setLength(0);
      }
    }
    assertThat(words(rules, text.toString())).isEqualTo(wordsOfLibrary(library, text.toString()));
  }

  @Test
  void whoHasEnoughWordsIsGivenNoMore() {
    List<String> words = new ArrayList<>();
    String text = "one two three four";
    WordSplitter.split(
        SplitRules.of(preTokenizer(PreTokenizer.QWEN2.patterns())).orElseThrow(),
        text,
        (from, to) -> {
          words.add(text.substring(from, to));
          return words.size() < 2;
        });

    assertThat(words).containsExactly("one", " two");
  }
}
