package platform.deepseek.inference.api.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.openai.Logprobs;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.ScoredToken;
import platform.deepseek.inference.api.stream.TokenCount;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.text.HuggingFaceTokenizer;

class ResponsesDialectTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HuggingFaceTokenizer TOKENIZER =
      HuggingFaceTokenizer.load(Path.of("src/test/resources/fixtures/tokenizer_qwen_style"));
  private static final Logprobs LOGPROBS = new Logprobs(TOKENIZER);
  private static final ItemJson ITEMS = new ItemJson(LOGPROBS);
  private static final Ending STOP = Ending.of(Ending.Reason.STOP);

  private final AtomicInteger ends = new AtomicInteger();
  private final LiveResponse response =
      new LiveResponse(
          "resp_1",
          new Caller("me"),
          false,
          "\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8),
          new Passage(null, List.of()),
          ITEMS,
          Part.Type.REASONING_TEXT,
          ended -> ends.incrementAndGet());
  private final ResponsesDialect dialect = new ResponsesDialect(response, ITEMS, LOGPROBS);

  private static Piece text(String text) {
    return new Piece.Text(text, List.of());
  }

  private static Piece thought(String text) {
    return new Piece.Reasoning(text, List.of());
  }

  /** The data of the events, each with the name that its line says. */
  private static List<JsonNode> events(Buffer bytes) throws Exception {
    List<JsonNode> events = new ArrayList<>();
    if (bytes == null) {
      return events;
    }
    for (String event : bytes.toString(StandardCharsets.UTF_8).split("\n\n")) {
      String[] lines = event.split("\n");
      assertThat(lines).hasSize(2);
      assertThat(lines[1]).startsWith("data: ");
      JsonNode data = JSON.readTree(lines[1].substring("data: ".length()));
      assertThat(lines[0]).isEqualTo("event: " + data.get("type").textValue());
      events.add(data);
    }
    return events;
  }

  private List<JsonNode> stream(Ending ending, Piece... pieces) throws Exception {
    List<JsonNode> events = new ArrayList<>(events(dialect.opening(0, new TokenCount(7, 0, 0, 0))));
    for (Piece piece : pieces) {
      events.addAll(events(dialect.delta(0, piece)));
    }
    events.addAll(events(dialect.ending(0, ending)));
    events.addAll(events(dialect.closing(new TokenCount(7, 2, 5, 3))));
    return events;
  }

  private static List<String> types(List<JsonNode> events) {
    return events.stream()
        .map(event -> event.get("type").textValue().substring("response.".length()))
        .toList();
  }

  @Test
  void reasoningTextAndCallsAreItemsInTheirOrder() throws Exception {
    List<JsonNode> events =
        stream(
            Ending.of(Ending.Reason.TOOL_CALLS),
            thought("I "),
            thought("see."),
            text("Let me look."),
            new Piece.CallStarted(0, "call_a", "weather"),
            new Piece.CallArguments(0, "{\"city\":"),
            new Piece.CallArguments(0, "\"Oslo\"}"),
            new Piece.CallEnded(0),
            new Piece.CallStarted(1, "call_b", "time"),
            new Piece.CallArguments(1, "{}"),
            new Piece.CallEnded(1));

    assertThat(types(events))
        .containsExactly(
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "reasoning_text.delta",
            "reasoning_text.delta",
            "reasoning_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed");
    JsonNode whole = events.getLast().get("response");
    assertThat(whole.get("status").textValue()).isEqualTo("completed");
    assertThat(whole.at("/output/0/content/0/text").textValue()).isEqualTo("I see.");
    assertThat(whole.at("/output/0/content/0/type").textValue()).isEqualTo("reasoning_text");
    assertThat(whole.at("/output/0/summary")).isEmpty();
    assertThat(whole.at("/output/1/content/0/text").textValue()).isEqualTo("Let me look.");
    assertThat(whole.at("/output/2/call_id").textValue()).isEqualTo("call_a");
    assertThat(whole.at("/output/2/arguments").textValue()).isEqualTo("{\"city\":\"Oslo\"}");
    assertThat(whole.at("/output/3/name").textValue()).isEqualTo("time");
    assertThat(whole.get("usage"))
        .isEqualTo(
            JSON.readTree(
                """
                {"input_tokens":7,"input_tokens_details":{"cached_tokens":2,"cache_write_tokens":0},"output_tokens":5,
                 "output_tokens_details":{"reasoning_tokens":3},"total_tokens":12}\
                """));
  }

  @Test
  void logProbabilitiesComeWithTheirTextAndAgainAtItsEnd() throws Exception {
    int token = TOKENIZER.encode("a", false, false)[0];
    ScoredToken score = new ScoredToken(new Sample(token, -0.5f, List.of()), 0);
    List<JsonNode> events = stream(STOP, new Piece.Text("a", List.of(score)));

    JsonNode told =
        JSON.readTree("[{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97],\"top_logprobs\":[]}]");
    assertThat(events.get(4).get("logprobs")).isEqualTo(told);
    assertThat(events.get(5).get("logprobs")).isEqualTo(told);
    assertThat(events.getLast().at("/response/output/0/content/0/logprobs")).isEqualTo(told);
  }

  @Test
  void aLimitLeavesTheLastItemIncomplete() throws Exception {
    List<JsonNode> events =
        stream(
            Ending.of(Ending.Reason.LENGTH),
            text("Wait"),
            new Piece.CallStarted(0, "call_a", "weather"),
            new Piece.CallArguments(0, "{\"ci"));

    JsonNode whole = events.getLast().get("response");
    assertThat(events.getLast().get("type").textValue()).isEqualTo("response.incomplete");
    assertThat(whole.get("status").textValue()).isEqualTo("incomplete");
    assertThat(whole.at("/incomplete_details/reason").textValue()).isEqualTo("max_output_tokens");
    assertThat(whole.get("completed_at").isNull()).isTrue();
    assertThat(whole.at("/output/0/status").textValue()).isEqualTo("completed");
    assertThat(whole.at("/output/1/status").textValue()).isEqualTo("incomplete");
    assertThat(whole.at("/output/1/arguments").textValue()).isEqualTo("{\"ci");
  }

  @Test
  void anAnswerWithoutAWordIsAMessageWithoutText() throws Exception {
    List<JsonNode> events = stream(STOP);
    assertThat(types(events))
        .containsSubsequence("output_item.added", "output_text.done", "output_item.done");
    assertThat(events.getLast().at("/response/output/0/content/0/text").textValue()).isEmpty();
  }

  @Test
  void aFailureAfterTheBeginningIsAFailedResponse() throws Exception {
    dialect.opening(0, new TokenCount(7, 0, 0, 0));
    dialect.delta(0, text("Half"));
    List<JsonNode> events =
        events(dialect.failure(new ApiException(ApiError.RUNNER_FAILED, "It broke.")));

    assertThat(types(events)).containsExactly("failed");
    JsonNode whole = events.getFirst().get("response");
    assertThat(whole.get("status").textValue()).isEqualTo("failed");
    assertThat(whole.get("error"))
        .isEqualTo(JSON.readTree("{\"code\":\"server_error\",\"message\":\"It broke.\"}"));
    assertThat(whole.at("/output/0/status").textValue()).isEqualTo("incomplete");
    assertThat(whole.get("usage").isNull()).isTrue();
  }

  @Test
  void aFailureBeforeTheBeginningIsAnErrorEvent() throws Exception {
    List<JsonNode> events =
        events(dialect.failure(new ApiException(ApiError.DEADLINE_EXCEEDED, "Too late.")));
    assertThat(events)
        .containsExactly(
            JSON.readTree(
                """
                {"type":"error","sequence_number":0,"code":"deadline_exceeded",
                 "message":"Too late.","param":null}\
                """));
  }

  @Test
  void aResponseEndsOnce() throws Exception {
    stream(STOP, text("Done."));
    response.cancel();
    response.fail(new ApiException(ApiError.RUNNER_FAILED, "too late"));
    assertThat(response.add(text("more"))).isEmpty();
    assertThat(response.status()).isEqualTo(LiveResponse.Status.COMPLETED);
    assertThat(ends).hasValue(1);
  }

  @Test
  void cancellingEndsItInTheEngineAndKeepsWhatThereIs() throws Exception {
    AtomicInteger stopped = new AtomicInteger();
    response.stopsBy(stopped::incrementAndGet);
    dialect.opening(0, new TokenCount(7, 0, 0, 0));
    dialect.delta(0, text("Half"));
    response.cancel();
    response.cancel();

    assertThat(stopped).hasValue(1);
    JsonNode whole = JSON.readTree(response.json().toBytes());
    assertThat(whole.get("status").textValue()).isEqualTo("cancelled");
    assertThat(whole.at("/output/0/content/0/text").textValue()).isEqualTo("Half");
    assertThat(types(events(dialect.closing(new TokenCount(0, 0, 0, 0)))))
        .containsExactly("incomplete");
  }

  @Test
  void aCommentKeepsTheConnectionOpen() {
    assertThat(dialect.keepAlive().toString()).startsWith(": ").endsWith("\n\n");
  }

  @Test
  void anyAnswerIsToldInNumberedEventsThatJoinToTheWhole() throws Exception {
    Random random = new Random(11);
    for (int i = 0; i < 200; i++) {
      ResponsesDialectTest fresh = new ResponsesDialectTest();
      List<JsonNode> events = fresh.stream(STOP, anyPieces(random));
      assertThat(events.stream().map(event -> event.get("sequence_number").asInt()).toList())
          .isEqualTo(Stream.iterate(0, n -> n + 1).limit(events.size()).toList());
      JsonNode output = events.getLast().at("/response/output");
      for (int index = 0; index < output.size(); index++) {
        assertItemIsTold(output.get(index), ofItem(events, index));
      }
    }
  }

  private static Piece[] anyPieces(Random random) {
    List<Piece> pieces = new ArrayList<>();
    int calls = 0;
    for (int i = random.nextInt(12); i > 0; i--) {
      switch (random.nextInt(3)) {
        case 0 -> pieces.add(text("w" + i));
        case 1 -> pieces.add(thought("t" + i));
        default -> {
          pieces.add(new Piece.CallStarted(calls, "call_" + calls, "f"));
          for (int j = random.nextInt(3); j > 0; j--) {
            pieces.add(new Piece.CallArguments(calls, "a" + j));
          }
          pieces.add(new Piece.CallEnded(calls++));
        }
      }
    }
    return pieces.toArray(Piece[]::new);
  }

  private static List<JsonNode> ofItem(List<JsonNode> events, int index) {
    return events.stream().filter(event -> event.path("output_index").asInt(-1) == index).toList();
  }

  private static void assertItemIsTold(JsonNode item, List<JsonNode> events) {
    assertThat(events.getFirst().get("type").textValue()).isEqualTo("response.output_item.added");
    assertThat(events.getFirst().at("/item/status").textValue()).isEqualTo("in_progress");
    assertThat(events.getLast().get("type").textValue()).isEqualTo("response.output_item.done");
    assertThat(events.getLast().get("item")).isEqualTo(item);
    StringBuilder joined = new StringBuilder();
    events.forEach(event -> joined.append(event.path("delta").asText("")));
    assertThat(joined.toString())
        .isEqualTo(
            item.has("arguments")
                ? item.get("arguments").textValue()
                : item.at("/content/0/text").asText());
  }
}
