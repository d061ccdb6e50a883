package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Our splitting against the one of the native library, which is given the same added tokens. */
class AddedTokenSplitterTest {

  private static final List<String> TEXTS =
      List.of(
          "<a>",
          "<a",
          ">",
          "<a>b",
          "b",
          "ab",
          " ",
          "\n",
          "\t ",
          "_",
          "1",
          "é",
          "x",
          "<",
          "aba",
          "\u3000",
          "\u0301",
          "\uD83D\uDE00",
          "-");

  @Test
  void plainTokensAreFoundAsTheLibraryFindsThem() {
    compare(token -> {}, 1);
  }

  @Test
  void normalizedTokensAreFoundAsTheLibraryFindsThem() {
    compare(token -> token.put("normalized", true), 2);
  }

  @Test
  void mixedTokensAreFoundAsTheLibraryFindsThem() {
    compare(token -> token.put("normalized", token.get("id").intValue() % 2 == 0), 3);
  }

  @Test
  void singleWordTokensAreFoundAsTheLibraryFindsThem() {
    compare(token -> token.put("single_word", true), 4);
  }

  @Test
  void strippingTokensTakeTheSameSpaceAsInTheLibrary() {
    compare(token -> token.put("lstrip", true), 5);
    compare(token -> token.put("rstrip", true), 6);
    compare(token -> token.put("lstrip", true).put("rstrip", true), 7);
  }

  @Test
  void guardedTokensAreTextAndShorterOnesBesideThemAreFound() {
    var tokens =
        List.of(
            new AddedToken(0, "<a>", false, false, false, false, true),
            new AddedToken(1, "<a>b", false, false, false, false, true),
            new AddedToken(2, "§", false, false, false, false, true));
    var splitter = new AddedTokenSplitter(tokens);

    assertThat(ids(splitter, "<a>b", 1)).isEmpty();
    assertThat(ids(splitter, "<a>b", 3)).containsExactly(0);
    assertThat(ids(splitter, "<a>b", 0, 4)).containsExactly(1);
    assertThat(ids(splitter, "<a><a>", 1)).containsExactly(0);
    assertThat(ids(splitter, "§", 0)).containsExactly(2);
    assertThat(ids(splitter, "§", 0, 1)).isEmpty();
  }

  private static List<Integer> ids(AddedTokenSplitter splitter, String text, int... guards) {
    List<Integer> ids = new ArrayList<>();
    for (var segment : splitter.split(new GuardedText(text, guards))) {
      if (segment.token() != null) {
        ids.add(segment.token().id());
      }
    }
    return ids;
  }

  private interface Change {
    void apply(ObjectNode token);
  }

  private static void compare(Change change, int seed) {
    var root = (ObjectNode) TokenizerFixture.json("/fixtures/tokenizer/tokenizer.json");
    var vocabulary = root.path("model").path("vocab");
    var tokens = root.putArray("added_tokens");
    int free = vocabulary.size();
    for (String content : List.of("<a>", "<a>b", "b", "aba", "\uD83D\uDE00")) {
      var token = tokens.addObject().put("content", content);
      // The library numbers tokens that are not in the vocabulary one after the other.
      token.put("id", vocabulary.has(content) ? vocabulary.get(content).intValue() : free++);
      token.put("special", content.length() % 2 == 0).put("single_word", false);
      token.put("lstrip", false).put("rstrip", false).put("normalized", false);
      change.apply(token);
    }
    var library = new NativeTokenizer(root.toString());
    var ours =
        HuggingFaceTokenizer.of(TokenizerFile.parse(root.toString()), TokenizerConfig.empty());
    var random = new Random(seed);
    for (int round = 0; round < 1_000; round++) {
      String text = RandomText.composed(random, TEXTS, random.nextInt(9));

      assertThat(ours.encode(text, true, false)).as(text).isEqualTo(library.encode(text, false));
    }
  }
}
