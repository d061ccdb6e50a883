package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBody;
import platform.deepseek.inference.api.stream.Answer;
import platform.deepseek.inference.api.stream.Dialect;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.api.stream.Reading;
import platform.deepseek.inference.api.stream.TokenCount;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.sampling.SamplingParams;

/** What makes two requests one question. */
class RequestKeyTest {

  private static final String BODY = "{\"model\":\"m\",\"messages\":[{\"content\":\"a\"}]%s}";

  private static Fields body(String more) {
    return JsonBody.parse(BODY.formatted(more).getBytes(StandardCharsets.UTF_8));
  }

  private static SamplingParams sampling(
      float temperature, int topK, float topP, float minP, float repetition, long seed) {
    return new SamplingParams(temperature, topK, topP, minP, 0, 0, repetition, Map.of(), seed, -1);
  }

  private static Prepared prepared(
      SamplingParams sampling, int maxTokens, Set<Integer> ends, List<String> stop, int... prompt) {
    GenerationRequest request =
        new GenerationRequest(prompt, maxTokens, sampling, ends, "", false, Duration.ofMinutes(1));
    return Prepared.of(
        "id", new Silent(), List.of(new Generation(request, stop, null, Reading.PLAIN)), 1, false);
  }

  private static final Prepared PLAIN =
      prepared(SamplingParams.GREEDY, 9, Set.of(2), List.of(), 5, 6);

  private static ObjectNode key(String more) {
    return RequestKey.of(body(more), PLAIN);
  }

  @Test
  void whateverChangesHowItIsGeneratedChangesTheQuestion() {
    SamplingParams greedy = SamplingParams.GREEDY;
    Set<ObjectNode> keys = new HashSet<>();
    List<Prepared> different =
        List.of(
            PLAIN,
            prepared(greedy, 10, Set.of(2), List.of(), 5, 6),
            prepared(greedy, 9, Set.of(2, 3), List.of(), 5, 6),
            prepared(greedy, 9, Set.of(2), List.of("a", "b"), 5, 6),
            prepared(greedy, 9, Set.of(2), List.of("ab"), 5, 6),
            prepared(greedy, 9, Set.of(2), List.of(), 5, 7),
            prepared(greedy, 9, Set.of(2), List.of(), 5, 6, 0),
            prepared(sampling(0.5f, 0, 1, 0, 1, 0), 9, Set.of(2), List.of(), 5, 6),
            prepared(sampling(0, 1, 1, 0, 1, 0), 9, Set.of(2), List.of(), 5, 6),
            prepared(sampling(0, 0, 0.5f, 0, 1, 0), 9, Set.of(2), List.of(), 5, 6),
            prepared(sampling(0, 0, 1, 0.5f, 1, 0), 9, Set.of(2), List.of(), 5, 6),
            prepared(sampling(0, 0, 1, 0, 1.5f, 0), 9, Set.of(2), List.of(), 5, 6));
    for (Prepared each : different) {
      assertThat(keys.add(RequestKey.of(body(""), each))).as(each.toString()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"prompt_cache_key\":\"mine\"",
        ",\"a_field_of_tomorrow\":1",
        ",\"a_field_of_tomorrow\":2",
        ",\"response_format\":{\"type\":\"json_object\"}",
        ",\"tools\":[{\"type\":\"function\"}]",
        ",\"parallel_tool_calls\":false",
        ",\"thinking\":{\"type\":\"disabled\"}",
        ",\"seed\":0"
      })
  void anyOtherFieldChangesTheQuestion(String more) {
    assertThat(key(more)).isNotEqualTo(key(""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"temperature\":0.0",
        ",\"n\":1",
        ",\"max_tokens\":9",
        ",\"max_completion_tokens\":9",
        ",\"tools\":[]",
        ",\"tool_choice\":null",
        ",\"response_format\":{\"type\":\"text\"}",
        ",\"prediction\":{\"type\":\"content\",\"content\":\"one\"}",
        ",\"parallel_tool_calls\":true"
      })
  void aDefaultThatIsSpeltOutDoesNot(String more) {
    assertThat(key(more)).isEqualTo(key(""));
  }

  @Test
  void aSeedThatTheClientDidNotChooseIsNoPartOfIt() {
    Prepared drawn = prepared(sampling(0, 0, 1, 0, 1, 77), 9, Set.of(2), List.of(), 5, 6);
    assertThat(RequestKey.of(body(""), drawn)).isEqualTo(key(""));
    assertThat(RequestKey.of(body(",\"seed\":77"), drawn)).isNotEqualTo(key(",\"seed\":76"));
  }

  @Test
  void onlyOneAnswerOfTextAloneIsKept() {
    assertThat(RequestKey.isKept(PLAIN)).isTrue();
    Generation generation = PLAIN.generations().getFirst();
    assertThat(
            RequestKey.isKept(
                Prepared.of("id", new Silent(), List.of(generation, generation), 2, false)))
        .isFalse();
    assertThat(RequestKey.isKept(prepared(SamplingParams.GREEDY, 0, Set.of(), List.of(), 5)))
        .isFalse();
    assertThat(
            RequestKey.isKept(
                Prepared.of(
                    "id",
                    new Silent(),
                    List.of(new Generation(generation.request(), List.of(), "echo", Reading.PLAIN)),
                    1,
                    false)))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({"24h, 86400", "in_memory, 3600", "in-memory, 3600", "for_ever, -1"})
  void theClientSaysForHowLong(String retention, long seconds) {
    assertThat(RequestKey.lifeSeconds(body(",\"prompt_cache_retention\":\"" + retention + "\"")))
        .isEqualTo(seconds < 0 ? OptionalLong.empty() : OptionalLong.of(seconds));
    assertThat(RequestKey.lifeSeconds(body(""))).isEmpty();
  }

  /** Writes nothing. */
  private static final class Silent implements Dialect {

    @Override
    public Buffer opening(int choice, TokenCount prompt) {
      return null;
    }

    @Override
    public Buffer delta(int choice, Piece piece) {
      return null;
    }

    @Override
    public Buffer ending(int choice, Ending ending) {
      return null;
    }

    @Override
    public Buffer closing(TokenCount count) {
      return null;
    }

    @Override
    public Buffer failure(ApiException failure) {
      return null;
    }

    @Override
    public Buffer keepAlive() {
      return null;
    }

    @Override
    public Buffer whole(List<Answer> answers, TokenCount count) {
      return null;
    }

    @Override
    public ErrorStyle errors() {
      throw new UnsupportedOperationException("nothing fails here");
    }
  }
}
