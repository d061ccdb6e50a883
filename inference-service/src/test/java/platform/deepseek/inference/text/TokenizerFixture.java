package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import platform.deepseek.inference.text.template.ChatTemplate;

/** A folder of fixtures/: the tokenizer in it, and what another implementation does with it. */
enum TokenizerFixture {
  R1_STYLE("tokenizer"),
  QWEN_STYLE("tokenizer_qwen_style");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String folder;
  private final HuggingFaceTokenizer tokenizer;

  TokenizerFixture(String folder) {
    this.folder = folder;
    tokenizer = HuggingFaceTokenizer.load(path("/fixtures/" + folder));
  }

  HuggingFaceTokenizer tokenizer() {
    return tokenizer;
  }

  PromptEncoder promptEncoder() {
    String source = tokenizer.config().chatTemplate().orElseThrow();
    return new PromptEncoder(tokenizer, ChatTemplate.parse(source)::render);
  }

  /** The cases of encode_decode.json, of "encode" or "decode_only". */
  Stream<JsonNode> cases(String list) {
    return elements(json("/fixtures/" + folder + "/encode_decode.json").get(list));
  }

  /** The cases of chat_template.json that render. */
  Stream<JsonNode> chats() {
    return elements(json("/fixtures/" + folder + "/chat_template.json").get("cases"))
        .filter(c -> c.has("rendered"));
  }

  static Path path(String resource) {
    try {
      return Path.of(TokenizerFixture.class.getResource(resource).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static JsonNode json(String resource) {
    try {
      return JSON.readTree(path(resource).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<JsonNode> elements(JsonNode array) {
    assertThat(array).isNotEmpty();
    return StreamSupport.stream(array.spliterator(), false);
  }

  static int[] ids(JsonNode array) {
    return JSON.convertValue(array, int[].class);
  }

  static String[] strings(JsonNode array) {
    return JSON.convertValue(array, String[].class);
  }

  static <T> T convert(JsonNode node, Class<T> type) {
    return JSON.convertValue(node, type);
  }
}
