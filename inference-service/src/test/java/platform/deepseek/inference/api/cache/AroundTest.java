package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.text.HuggingFaceTokenizer;

/** What has to be equal for two questions to be compared by what they mean. */
class AroundTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HuggingFaceTokenizer TOKENIZER =
      HuggingFaceTokenizer.load(Path.of("src/test/resources/fixtures/tokenizer_qwen_style"));

  @ParameterizedTest
  @ValueSource(strings = {"Hi", "\u00e9\ud83d\ude00", " padded ", "two\nlines"})
  void theTextOfTheLastMessageIsLeftOut(String question) {
    assertThat(around("[date] user: ", question, " assistant:"))
        .isPresent()
        .isEqualTo(around("[date] user: ", "Hello", " assistant:"));
  }

  @Test
  void whateverIsAroundItIsNot() {
    Optional<String> around = around("[date] user: ", "Hello", " assistant:");
    assertThat(around("[later] user: ", "Hello", " assistant:")).isNotEqualTo(around);
    assertThat(around("[date] user: ", "Hello", " assistant: think")).isNotEqualTo(around);
    assertThat(around("[date] user:", "Hello", "  assistant:")).isNotEqualTo(around);
  }

  @Test
  void aQuestionThatThePromptHasNotAsItStandsIsNotCompared() {
    assertThat(Around.of(TOKENIZER, tokens("another prompt"), request("user", "Hello"))).isEmpty();
    assertThat(Around.of(TOKENIZER, tokens("Hello"), request("assistant", "Hello"))).isEmpty();
    assertThat(Around.of(TOKENIZER, tokens("Hello"), request("user", " "))).isEmpty();
    assertThat(Around.of(TOKENIZER, tokens("Hello"), JSON.createObjectNode())).isEmpty();
  }

  private static Optional<String> around(String before, String question, String after) {
    return Around.of(
        TOKENIZER, tokens(before + question.strip() + after), request("user", question));
  }

  private static int[] tokens(String text) {
    return TOKENIZER.encode(text, false, false);
  }

  private static ObjectNode request(String role, String content) {
    ObjectNode request = JSON.createObjectNode();
    request.putArray("messages").addObject().put("role", "system").put("content", "Hello");
    request.withArray("messages").addObject().put("role", role).put("content", content);
    return request;
  }
}
