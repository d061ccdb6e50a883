package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The ids of the tokenizers library, over vocabularies of all kinds that are read here. */
class BytePairTokenizerTest {

  static Stream<Arguments> files() {
    return Stream.of(
        Arguments.argumentSet("R1 style", fixture("tokenizer")),
        Arguments.argumentSet("Qwen style", fixture("tokenizer_qwen_style")),
        Arguments.argumentSet("words taken whole", ignoringMerges()),
        Arguments.argumentSet("demo model", GgufModel.tokenizerFile(GgufModel.demo()).plain()));
  }

  private static ObjectNode fixture(String folder) {
    try {
      var file = TokenizerFixture.path("/fixtures/" + folder + "/tokenizer.json");
      return (ObjectNode) TokenizerFile.parse(Files.readString(file)).plain();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode ignoringMerges() {
    var plain = fixture("tokenizer");
    ((ObjectNode) plain.get("model")).put("ignore_merges", true);
    return plain;
  }

  private static int[] ids(BytePairTokenizer tokenizer, String text) {
    return ids(tokenizer, text, Integer.MAX_VALUE);
  }

  private static int[] ids(BytePairTokenizer tokenizer, String text, int most) {
    var tokens = new TokenList(most);
    tokenizer.encode(text, tokens);
    return tokens.toArray();
  }

  @ParameterizedTest
  @MethodSource("files")
  void randomTextHasTheIdsOfTheLibrary(ObjectNode plain) {
    var ours = BytePairTokenizer.of(plain).orElseThrow();
    var library = new NativeTokenizer(plain.toString());
    var random = new Random(3);
    for (int round = 0; round < 600; round++) {
      int highest = round % 3 == 0 ? 0x80 : round % 3 == 1 ? 0x250 : 0x20000;
      String text = RandomText.unicode(random, 80, highest).replaceAll("\\p{Cs}", "\uFFFD");
      if (ours.reads(text)) {
        assertThat(ids(ours, text)).as(text).isEqualTo(library.encode(text, false));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void longWordsHaveTheIdsOfTheLibrary(ObjectNode plain) {
    var ours = BytePairTokenizer.of(plain).orElseThrow();
    var library = new NativeTokenizer(plain.toString());
    var random = new Random(9);
    for (String some :
        new String[] {"a", "the", "aab", " ", "\n", "=-", "7", "é", "\ud83e\udd9c"}) {
      for (int length : new int[] {5, 22, 23, 24, 25, 26, 100, 3_000}) {
        String text = some.repeat(length) + "x";
        assertThat(ids(ours, text)).as(text).isEqualTo(library.encode(text, false));
      }
    }
    for (int round = 0; round < 60; round++) {
      var word = new StringBuilder();
      int letters = 2 + random.nextInt(25);
      for (int i = random.nextInt(400); i >= 0; i--) {
        word.append((char) ('a' + random.nextInt(letters)));
      }
      assertThat(ids(ours, word.toString()))
          .as(word.toString())
          .isEqualTo(library.encode(word.toString(), false));
    }
  }

  @Test
  void whatANormaliserWouldChangeIsNotReadHereAndHasTheIdsOfTheLibrary() {
    var plain = fixture("tokenizer_qwen_style");
    var ours = BytePairTokenizer.of(plain).orElseThrow();

    assertThat(ours.reads("caf\u00e9 \ud83e\udd9c 한")).isTrue();
    assertThat(ours.reads("cafe\u0301")).isFalse();
    assertThat(ours.reads("\u212b")).isFalse();
    assertThat(TokenizerFixture.QWEN_STYLE.tokenizer().encode("cafe\u0301", false, false))
        .isEqualTo(new NativeTokenizer(plain.toString()).encode("cafe\u0301", false));
    assertThat(BytePairTokenizer.of(fixture("tokenizer")).orElseThrow().reads("e\u0301")).isTrue();
  }

  @Test
  void aTextWithMoreTokensThanAreWantedIsNotReadToItsEnd() {
    var ours = BytePairTokenizer.of(fixture("tokenizer")).orElseThrow();
    String text = "The miller's daughter waited. ".repeat(50);
    int[] all = ids(ours, text);
    int[] some = ids(ours, text, 100);

    assertThat(some).hasSizeBetween(101, 120).isEqualTo(Arrays.copyOf(all, some.length));
    assertThat(ids(ours, text, all.length)).isEqualTo(all);
  }

  @Test
  void aFileThatAsksForAnythingElseIsLeftToTheLibrary() {
    assertUnread(plain -> ((ObjectNode) plain.get("model")).put("dropout", 0.1));
    assertUnread(plain -> ((ObjectNode) plain.get("model")).put("end_of_word_suffix", "</w>"));
    assertUnread(plain -> ((ObjectNode) plain.get("model")).put("continuing_subword_prefix", "#"));
    assertUnread(plain -> plain.putObject("normalizer").put("type", "Lowercase"));
    assertUnread(plain -> plain.putNull("pre_tokenizer"));
    assertUnread(plain -> split(plain).put("invert", true));
    assertUnread(plain -> split(plain).put("behavior", "Removed"));
    assertUnread(plain -> ((ObjectNode) split(plain).get("pattern")).put("Regex", "\\w+"));
    assertUnread(
        plain -> {
          var model = (ObjectNode) plain.get("model");
          ((ObjectNode) model.get("vocab")).remove("!");
          model.put("unk_token", "a");
        });
  }

  private static ObjectNode split(ObjectNode plain) {
    return (ObjectNode) plain.get("pre_tokenizer").get("pretokenizers").get(0);
  }

  private static void assertUnread(Consumer<ObjectNode> change) {
    var plain = fixture("tokenizer");
    assertThat(BytePairTokenizer.of(plain)).isPresent();
    change.accept(plain);
    assertThat(BytePairTokenizer.of(plain)).as(plain.path("pre_tokenizer").toString()).isEmpty();
  }

  @Test
  void withoutRulesOfItsOwnByteLevelSplitsAsGpt2Does() {
    var plain = fixture("tokenizer");
    plain.set(
        "pre_tokenizer",
        JsonNodeFactory.instance
            .objectNode()
            .put("type", "ByteLevel")
            .put("add_prefix_space", false)
            .put("trim_offsets", true));
    var ours = BytePairTokenizer.of(plain).orElseThrow();
    var library = new NativeTokenizer(plain.toString());

    for (String text : new String[] {"Don't  stop,\n\n it's 1234 o'clock", "a  b\t c", "''ll"}) {
      assertThat(ids(ours, text)).isEqualTo(library.encode(text, false));
    }
  }
}
