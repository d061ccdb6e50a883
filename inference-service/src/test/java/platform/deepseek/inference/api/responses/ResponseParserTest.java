package platform.deepseek.inference.api.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.chat.AnswerShape;
import platform.deepseek.inference.api.chat.ChatRequest;
import platform.deepseek.inference.api.chat.Thinking;
import platform.deepseek.inference.api.chat.ToolChoice;
import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.JsonBody;
import platform.deepseek.inference.api.openai.Logprobs;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;
import platform.deepseek.inference.text.HuggingFaceTokenizer;

class ResponseParserTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Caller ME = new Caller("me");
  private static final Caller OTHER = new Caller("other");
  private static final String TOOLS =
      """
      "tools":[{"type":"function","name":"weather","description":"Now","strict":true,"parameters":
      {"type":"object"}},{"type":"function","name":"time","strict":false,"parameters":null}]\
      """;

  private final ResponseStore store = new ResponseStore(10, 1 << 20);
  private final ResponseParser parser = new ResponseParser("m", 512, store);

  private ResponseRequest parse(Caller caller, String fields) {
    String body = "{\"model\":\"m\"," + fields + "}";
    return parser.parse(caller, JsonBody.parse(body.getBytes(StandardCharsets.UTF_8)));
  }

  private ChatRequest chat(String fields) {
    return parse(ME, "\"input\":\"Hi\"," + fields).chat();
  }

  /** A response that called a tool after some thought. */
  private LiveResponse called() {
    LiveResponse response =
        new LiveResponse(
            "resp_1",
            ME,
            false,
            "}".getBytes(StandardCharsets.UTF_8),
            new Passage(null, parse(ME, "\"input\":\"Weather?\"").input()),
            new ItemJson(
                new Logprobs(
                    HuggingFaceTokenizer.load(
                        Path.of("src/test/resources/fixtures/tokenizer_qwen_style")))),
            Part.Type.REASONING_TEXT,
            store::ended);
    store.add(response);
    response.add(new Piece.Reasoning("Look.", List.of()));
    response.add(new Piece.CallStarted(0, "call_1", "weather"));
    response.add(new Piece.CallArguments(0, "{}"));
    return response;
  }

  private static void end(LiveResponse response) {
    response.add(new Piece.CallEnded(0));
    response.end(Ending.of(Ending.Reason.TOOL_CALLS));
    response.complete(new TokenCount(1, 0, 1, 0));
  }

  @Test
  void toolsAreFlat() {
    ChatRequest request = chat(TOOLS);
    assertThat(request.tools()).extracting("name").containsExactly("weather", "time");
    assertThat(request.tools()).extracting("strict").containsExactly(true, false);
    assertThat(request.tools().getFirst().path()).isEqualTo("tools[0].parameters");
    assertThat(request.toolChoice())
        .isEqualTo(new ToolChoice(ToolChoice.Mode.AUTO, Set.of("weather", "time")));
    assertThat(request.parallelCalls()).isTrue();
  }

  @Test
  void functionsInANamespaceAreCalledWithItInFront() {
    ChatRequest request =
        chat(
            """
            "tools":[{"type":"function","name":"close"},{"type":"namespace","name":"agents",
            "description":"Others","tools":[{"type":"function","name":"close","strict":true,
            "parameters":{"type":"object"}},{"type":"function","name":"open"}]}]\
            """);
    assertThat(request.tools())
        .extracting("name")
        .containsExactly("close", "agents.close", "agents.open");
    assertThat(request.tools()).extracting("description").containsExactly(null, "Others", "Others");
    assertThat(request.tools().get(1).path()).isEqualTo("tools[1].tools[0].parameters");
    assertThat(request.toolChoice().names()).contains("agents.close", "agents.open", "close");
  }

  @Test
  void aCallInANamespaceIsToldToTheModelByBothNames() {
    ResponseRequest request =
        parse(
            ME,
            """
            "input":[{"role":"user","content":"Hi"},{"type":"function_call","call_id":"c",
            "namespace":"agents","name":"close","arguments":"{}"},
            {"type":"function_call_output","call_id":"c","output":"closed"}]\
            """);
    assertThat(request.chat().turns().get(1).calls())
        .containsExactly(new Turn.Call("c", "agents.close", "{}"));
  }

  @Test
  void aSummaryThatIsAskedForIsWhatReasoningIsToldAs() {
    String input = "\"input\":\"Hi\"";
    assertThat(parse(ME, input).thought()).isEqualTo(Part.Type.REASONING_TEXT);
    assertThat(parse(ME, input + ",\"reasoning\":{\"effort\":\"low\"}").thought())
        .isEqualTo(Part.Type.REASONING_TEXT);
    assertThat(parse(ME, input + ",\"reasoning\":{\"summary\":\"auto\"}").thought())
        .isEqualTo(Part.Type.SUMMARY_TEXT);
  }

  @Test
  void aSummaryThatIsSentBackIsWhatWasThought() {
    ResponseRequest request =
        parse(
            ME,
            """
            "input":[{"role":"user","content":"Hi"},{"type":"reasoning","summary":
            [{"type":"summary_text","text":"Look."}]},{"type":"function_call","call_id":"c",
            "name":"close","arguments":"{}"},{"type":"function_call_output","call_id":"c",
            "output":"closed"}]\
            """);
    assertThat(request.chat().turns().get(1).reasoning()).isEqualTo("Look.");
  }

  @Test
  void aSearchThatMayNotLeaveTheHouseIsIgnoredAndAnyOtherRefused() {
    assertThat(chat("\"tools\":[{\"type\":\"web_search\",\"external_web_access\":false}]").tools())
        .isEmpty();
    for (String search :
        List.of(
            "{\"type\":\"web_search\"}",
            "{\"type\":\"web_search\",\"external_web_access\":true}",
            "{\"type\":\"custom\",\"name\":\"x\"}",
            "{\"type\":\"namespace\",\"name\":\"n\",\"tools\":[{\"type\":\"custom\"}]}")) {
      assertThatThrownBy(() -> chat("\"tools\":[" + search + "]"))
          .isInstanceOfSatisfying(
              ApiException.class,
              e -> assertThat(e.error()).isEqualTo(ApiError.UNSUPPORTED_PARAMETER));
    }
  }

  @Test
  void everyChoiceOfToolsIsUnderstood() {
    assertThat(chat(TOOLS + ",\"tool_choice\":\"none\"").toolChoice()).isEqualTo(ToolChoice.NONE);
    assertThat(chat(TOOLS + ",\"tool_choice\":\"required\"").toolChoice().mode())
        .isEqualTo(ToolChoice.Mode.REQUIRED);
    assertThat(
            chat(TOOLS + ",\"tool_choice\":{\"type\":\"function\",\"name\":\"time\"}").toolChoice())
        .isEqualTo(new ToolChoice(ToolChoice.Mode.REQUIRED, Set.of("time")));
    assertThat(
            chat(TOOLS
                    + """
                    ,"tool_choice":{"type":"allowed_tools","mode":"auto",
                    "tools":[{"type":"function","name":"weather"}]}\
                    """)
                .toolChoice())
        .isEqualTo(new ToolChoice(ToolChoice.Mode.AUTO, Set.of("weather")));
    assertThat(chat("\"parallel_tool_calls\":false").parallelCalls()).isFalse();
    assertThat(chat("\"tool_choice\":\"auto\"").toolChoice()).isEqualTo(ToolChoice.NONE);
  }

  @Test
  void theShapeOfTheAnswerIsTheTextsFormat() throws Exception {
    assertThat(chat("\"text\":{}").shape()).isEqualTo(new AnswerShape.Text());
    assertThat(chat("\"text\":{\"format\":{\"type\":\"json_object\"}}").shape())
        .isEqualTo(new AnswerShape.JsonObject());
    assertThat(
            chat("""
            "text":{"format":{"type":"json_schema","name":"n","strict":true,
            "schema":{"type":"object"}}}\
            """)
                .shape())
        .isEqualTo(
            new AnswerShape.JsonSchema(
                JSON.readTree("{\"type\":\"object\"}"), "text.format.schema"));
  }

  @Test
  void effortsAreBudgetsOfReasoning() {
    assertThat(chat("\"reasoning\":{\"effort\":\"none\"}").thinking()).isEqualTo(Thinking.OFF);
    assertThat(chat("\"reasoning\":{\"effort\":\"high\",\"summary\":\"auto\"}").thinking())
        .isEqualTo(Thinking.ON);
    assertThat(chat("\"reasoning\":{\"effort\":\"low\"}").thinking().budget()).hasValue(1_024);
    assertThat(chat("\"reasoning\":{}").thinking()).isEqualTo(Thinking.DEFAULT);
  }

  @Test
  void logProbabilitiesAreAskedForByInclude() {
    assertThat(chat("\"top_p\":1").settings().sampling().topLogprobs()).isEqualTo(-1);
    assertThat(
            chat("\"include\":[\"message.output_text.logprobs\"],\"top_logprobs\":4")
                .settings()
                .sampling()
                .topLogprobs())
        .isEqualTo(4);
  }

  @Test
  void theResponseRepeatsItsRequest() throws Exception {
    ResponseRequest request =
        parse(
            ME,
            "\"input\":\"Hi\",\"instructions\":\"Grüße\",\"metadata\":{\"a\":\"ü\"},\"reasoning\":"
                + "{\"effort\":\"low\",\"summary\":\"auto\"},\"text\":{\"format\":{\"type\":"
                + "\"json_object\"}},\"store\":false,"
                + TOOLS);
    JsonNode settings = JSON.readTree("{" + new String(request.settings(), StandardCharsets.UTF_8));
    assertThat(settings.get("instructions").textValue()).isEqualTo("Grüße");
    assertThat(settings.at("/metadata/a").textValue()).isEqualTo("ü");
    assertThat(settings.at("/reasoning/effort").textValue()).isEqualTo("low");
    assertThat(settings.at("/reasoning/summary").textValue()).isEqualTo("auto");
    assertThat(settings.at("/text/format/type").textValue()).isEqualTo("json_object");
    assertThat(settings.get("store").booleanValue()).isFalse();
    assertThat(settings.get("tools"))
        .isEqualTo(
            JSON.readTree(
                """
                [{"type":"function","name":"weather","description":"Now","strict":true,"parameters":
                  {"type":"object"},"strict":true},
                 {"type":"function","name":"time","description":null,"parameters":null,
                  "strict":false}]\
                """));
  }

  @Test
  void aConversationGoesOnWithItsReasoningAndWithoutItsInstructions() {
    end(called());
    ResponseRequest request =
        parse(
            ME,
            """
            "previous_response_id":"resp_1","instructions":"New.","input":[
            {"type":"function_call_output","call_id":"call_1","output":"Snow"}]\
            """);
    assertThat(request.chat().turns())
        .containsExactly(
            Turn.system("New."),
            Turn.user("Weather?"),
            Turn.assistant(null, "Look.", List.of(new Turn.Call("call_1", "weather", "{}"))),
            Turn.tool("call_1", "Snow"));
    assertThat(request.input()).hasSize(1);
  }

  @Test
  void whatStillRunsCannotGoOn() {
    called();
    assertThatThrownBy(() -> parse(ME, "\"previous_response_id\":\"resp_1\",\"input\":\"a\""))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("response 'resp_1' is still in_progress");
  }

  @Test
  void anItemIsNamedByItsId() {
    LiveResponse response = called();
    end(response);
    String id = response.whole().items.getLast().id();
    ResponseRequest request =
        parse(ME, "\"input\":[{\"type\":\"item_reference\",\"id\":\"%s\"}]".formatted(id));
    assertThat(request.chat().turns())
        .containsExactly(
            Turn.assistant(null, null, List.of(new Turn.Call("call_1", "weather", "{}"))));
  }

  @Test
  void anotherCallersResponsesAndItemsAreNotThere() {
    LiveResponse response = called();
    end(response);
    String id = response.whole().items.getLast().id();
    assertThatThrownBy(() -> parse(OTHER, "\"previous_response_id\":\"resp_1\",\"input\":\"a\""))
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> assertThat(e.error()).isEqualTo(ApiError.PREVIOUS_RESPONSE_NOT_FOUND))
        .hasMessage("Previous response with id 'resp_1' not found.");
    assertThatThrownBy(
            () ->
                parse(
                    OTHER, "\"input\":[{\"type\":\"item_reference\",\"id\":\"%s\"}]".formatted(id)))
        .isInstanceOfSatisfying(
            ApiException.class, e -> assertThat(e.error()).isEqualTo(ApiError.RESPONSE_NOT_FOUND));
  }
}
