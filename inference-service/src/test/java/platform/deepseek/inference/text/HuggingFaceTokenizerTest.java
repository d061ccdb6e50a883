package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.text.TokenizerFixture.ids;
import static platform.deepseek.inference.text.TokenizerFixture.strings;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class HuggingFaceTokenizerTest {

  static Stream<Arguments> encodeCases() {
    return cases("encode");
  }

  static Stream<Arguments> everyCase() {
    return Stream.concat(cases("encode"), cases("decode_only"));
  }

  static Stream<Arguments> chats() {
    return Arrays.stream(TokenizerFixture.values())
        .flatMap(f -> f.chats().map(c -> Arguments.argumentSet(name(f, c), f, c)));
  }

  private static Stream<Arguments> cases(String list) {
    return Arrays.stream(TokenizerFixture.values())
        .flatMap(f -> f.cases(list).map(c -> Arguments.argumentSet(name(f, c), f, c)));
  }

  private static String name(TokenizerFixture fixture, JsonNode c) {
    return fixture + " " + c.get("name").textValue();
  }

  @ParameterizedTest
  @MethodSource("encodeCases")
  void textGivesTheIdsOfTheReference(TokenizerFixture fixture, JsonNode c) {
    var tokenizer = fixture.tokenizer();
    String text = c.get("text").textValue();

    assertThat(tokenizer.encode(text, true, false)).isEqualTo(ids(c.get("ids")));
    assertThat(tokenizer.encode(text, true, true)).isEqualTo(ids(c.get("ids_with_special")));
  }

  @ParameterizedTest
  @MethodSource("encodeCases")
  void tokensAreKnownByTheirVocabularyEntry(TokenizerFixture fixture, JsonNode c) {
    var found =
        Arrays.stream(strings(c.get("tokens")))
            .mapToInt(token -> fixture.tokenizer().id(token).orElseThrow())
            .toArray();

    assertThat(found).isEqualTo(ids(c.get("ids")));
  }

  @ParameterizedTest
  @MethodSource("everyCase")
  void idsGiveTheTextOfTheReference(TokenizerFixture fixture, JsonNode c) {
    var tokens = ids(c.get("ids"));

    assertThat(fixture.tokenizer().decode(tokens, false)).isEqualTo(c.get("decoded").textValue());
    assertThat(fixture.tokenizer().decode(tokens, true))
        .isEqualTo(c.get("decoded_skip_special").textValue());
  }

  @ParameterizedTest
  @MethodSource("everyCase")
  void aStreamGivesEachCharacterWithItsLastToken(TokenizerFixture fixture, JsonNode c) {
    assertThat(stream(fixture, ids(c.get("ids")), false)).containsExactly(strings(c.get("stream")));
    if (c.has("stream_skip_special")) {
      assertThat(stream(fixture, ids(c.get("ids")), true))
          .containsExactly(strings(c.get("stream_skip_special")));
    }
  }

  private static String[] stream(TokenizerFixture fixture, int[] tokens, boolean skipSpecial) {
    var detokenizer = new Detokenizer(fixture.tokenizer(), skipSpecial);
    return Stream.concat(
            Arrays.stream(tokens).mapToObj(detokenizer::append),
            Stream.of("flush").map(end -> detokenizer.flush()))
        .toArray(String[]::new);
  }

  @ParameterizedTest
  @MethodSource("chats")
  void aRenderedChatGivesTheIdsOfTheReference(TokenizerFixture fixture, JsonNode c) {
    assertThat(fixture.tokenizer().encode(c.get("rendered").textValue(), true, false))
        .isEqualTo(ids(c.get("ids")));
  }

  @ParameterizedTest
  @MethodSource("encodeCases")
  void ordinaryTextIsNeverReadAsAnAddedToken(TokenizerFixture fixture, JsonNode c) {
    var tokenizer = fixture.tokenizer();
    String text = c.get("text").textValue();
    var tokens = tokenizer.encode(text, false, false);

    assertThat(tokens).doesNotContain(addedIds(tokenizer));
    if (Arrays.stream(ids(c.get("ids"))).noneMatch(id -> contains(addedIds(tokenizer), id))) {
      assertThat(tokens).isEqualTo(ids(c.get("ids")));
    }
  }

  @ParameterizedTest
  @EnumSource
  void randomTextComesBackAsItWas(TokenizerFixture fixture) {
    var random = new Random(7);
    for (int round = 0; round < 500; round++) {
      // NFC changes text on the way in, so that tokenizer is given text that has nothing to
      // compose.
      boolean latin = fixture == TokenizerFixture.QWEN_STYLE;
      String text = RandomText.unicode(random, 60, latin ? 0x250 : 0x20000);
      var tokens = fixture.tokenizer().encode(text, false, false);
      String expected = text.replaceAll("\\p{Cs}", "\uFFFD");

      assertThat(fixture.tokenizer().decode(tokens, false)).isEqualTo(expected);
      assertThat(String.join("", stream(fixture, tokens, false))).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource
  void loneSurrogatesBecomeTheReplacementCharacter(TokenizerFixture fixture) {
    var tokenizer = fixture.tokenizer();

    assertThat(
            tokenizer.decode(
                tokenizer.encode("a\uD83Db\uDE00\uD83D\uDE00\uD83D", false, false), false))
        .isEqualTo("a\uFFFDb\uFFFD\uD83D\uDE00\uFFFD");
  }

  @ParameterizedTest
  @EnumSource
  void anyIdsStreamToTheTextTheyDecodeTo(TokenizerFixture fixture) {
    var random = new Random(11);
    for (int round = 0; round < 500; round++) {
      var tokens = random.ints(40, 0, fixture.tokenizer().vocabularySize() + 5).toArray();
      for (boolean skipSpecial : new boolean[] {false, true}) {
        assertThat(String.join("", stream(fixture, tokens, skipSpecial)))
            .isEqualTo(fixture.tokenizer().decode(tokens, skipSpecial));
      }
    }
  }

  @Test
  void specialTokensAreTheOnesMarkedSo() {
    var tokenizer = TokenizerFixture.R1_STYLE.tokenizer();

    assertThat(IntStream.range(0, 512).filter(tokenizer::isSpecial)).containsExactly(0, 1, 2, 498);
    assertThat(tokenizer.beginOfSequence()).hasValue(0);
    assertThat(tokenizer.endOfSequence()).hasValue(1);
    assertThat(tokenizer.id("<think>")).hasValue(501);
    assertThat(tokenizer.id("no such token")).isEmpty();
    assertThat(tokenizer.vocabularySize()).isEqualTo(512);
    assertThat(tokenizer.bytes(512)).isEmpty();
  }

  @Test
  void aTokenizerWithoutBeginTokenPutsNothingInFront() {
    var tokenizer = TokenizerFixture.QWEN_STYLE.tokenizer();

    assertThat(tokenizer.beginOfSequence()).isEmpty();
    assertThat(tokenizer.endOfSequence()).isEqualTo(tokenizer.id("<|im_end|>"));
    assertThat(tokenizer.encode("hello", true, true))
        .isEqualTo(tokenizer.encode("hello", true, false));
  }

  @Test
  void manyThreadsGetTheSameIds() {
    var tokenizer = TokenizerFixture.R1_STYLE.tokenizer();
    String text = "The miller's daughter waited. ".repeat(20);
    var expected = tokenizer.encode(text, true, true);

    assertThat(
            IntStream.range(0, 200)
                .parallel()
                .mapToObj(i -> tokenizer.encode(text, true, true))
                .filter(tokens -> Arrays.equals(tokens, expected))
                .count())
        .isEqualTo(200);
  }

  @Test
  void aFolderWithoutTokenizerIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> HuggingFaceTokenizer.load(folder))
        .isInstanceOf(TokenizerException.class)
        .hasMessageContaining(folder.resolve("tokenizer.json").toString());
  }

  private static int[] addedIds(HuggingFaceTokenizer tokenizer) {
    return tokenizer.addedTokens().stream().mapToInt(AddedToken::id).toArray();
  }

  private static boolean contains(int[] ids, int id) {
    return Arrays.stream(ids).boxed().collect(Collectors.toSet()).contains(id);
  }
}
