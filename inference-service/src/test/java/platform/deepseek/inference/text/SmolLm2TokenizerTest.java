package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.text.TokenizerFixture.elements;
import static platform.deepseek.inference.text.TokenizerFixture.ids;
import static platform.deepseek.inference.text.TokenizerFixture.json;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.inference.text.template.ChatTemplate;

/** A real vocabulary of 49,152 tokens, compared with llama.cpp. */
class SmolLm2TokenizerTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<List<Map<String, Object>>> OBJECTS = new TypeReference<>() {};

  private static HuggingFaceTokenizer tokenizer;

  @BeforeAll
  static void readModel() {
    tokenizer = GgufModel.tokenizer(GgufModel.demo());
  }

  static Stream<Arguments> texts() {
    return Stream.concat(cases("tokenize_only"), cases("prompts"))
        .map(c -> Arguments.argumentSet(c.get("name").textValue(), c));
  }

  static Stream<Arguments> chats() {
    return cases("prompts")
        .filter(c -> c.has("messages") && !c.get("name").textValue().startsWith("special_text"))
        .map(c -> Arguments.argumentSet(c.get("name").textValue(), c));
  }

  private static Stream<JsonNode> cases(String list) {
    return elements(json("/fixtures/smollm2/golden.json").get(list));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void textGivesTheIdsOfLlamaCpp(JsonNode c) {
    boolean rendered = c.has("messages");

    assertThat(tokenizer.encode(c.get("text").textValue(), rendered, !rendered))
        .isEqualTo(ids(c.get("ids")));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void idsGiveTheTextBack(JsonNode c) {
    String text = c.get("text").textValue();
    var stream = new Detokenizer(tokenizer, false);
    var streamed = new StringBuilder();
    for (int token : ids(c.get("ids"))) {
      streamed.append(stream.append(token));
    }

    assertThat(tokenizer.decode(ids(c.get("ids")), false)).isEqualTo(text);
    assertThat(streamed.append(stream.flush())).hasToString(text);
  }

  @ParameterizedTest
  @MethodSource("chats")
  void aChatGivesTheIdsOfLlamaCpp(JsonNode c) {
    var prompt = prompt(c);

    assertThat(prompt.text()).isEqualTo(c.get("text").textValue());
    assertThat(prompt.tokens()).isEqualTo(ids(c.get("ids")));
  }

  @Test
  void markersTypedByAUserHaveTheIdsThatTheyHaveAsText() {
    var typed = named("special_text/raw");
    var prompt = prompt(named("special_text/chat"));

    assertThat(prompt.text()).isEqualTo(named("special_text/chat").get("text").textValue());
    assertThat(prompt.tokens()).containsSequence(ids(typed.get("ids")));
    assertThat(Arrays.stream(prompt.tokens()).filter(tokenizer::isSpecial))
        .containsExactly(1, 2, 1, 2, 1);
  }

  private static JsonNode named(String name) {
    return cases("prompts")
        .filter(c -> c.get("name").textValue().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Prompt prompt(JsonNode c) {
    String source = tokenizer.config().chatTemplate().orElseThrow();
    return new PromptEncoder(tokenizer, ChatTemplate.parse(source)::render)
        .encode(JSON.convertValue(c.get("messages"), OBJECTS), List.of(), true, Map.of());
  }

  @Test
  void theVocabularyIsWholeAndItsEndIsTheTurnMarker() {
    assertThat(tokenizer.vocabularySize()).isEqualTo(49_152);
    assertThat(tokenizer.endOfSequence()).isEqualTo(tokenizer.id("<|im_end|>"));
    assertThat(tokenizer.isSpecial(2)).isTrue();
    assertThat(tokenizer.encode("<|im_start|>", false, false)).doesNotContain(1);
  }
}
