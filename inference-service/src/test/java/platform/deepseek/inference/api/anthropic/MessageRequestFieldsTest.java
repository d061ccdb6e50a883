package platform.deepseek.inference.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.api.chat.AnswerShape;
import platform.deepseek.inference.api.chat.ChatRequest;
import platform.deepseek.inference.api.chat.Thinking;
import platform.deepseek.inference.api.chat.Tool;
import platform.deepseek.inference.api.chat.ToolChoice;
import platform.deepseek.inference.api.chat.Turn;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBody;

class MessageRequestFieldsTest {

  private static final String HI = "{\"role\":\"user\",\"content\":\"Hi\"}";
  private static final String WEATHER =
      "{\"name\":\"weather\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}";
  private static final String CALL =
      """
      {"role":"assistant","content":[
        {"type":"thinking","thinking":"Rain? ","signature":"s"},
        {"type":"redacted_thinking","data":"AAAA"},
        {"type":"thinking","thinking":"Ask.","signature":"t"},
        {"type":"text","text":"One "},
        {"type":"text","text":"moment","citations":null},
        {"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Oslo"},
         "cache_control":{"type":"ephemeral"}},
        {"type":"tool_use","id":"toolu_2","name":"time","input":{}}]}""";

  private static Fields fields(String body) {
    return JsonBody.parse(body.getBytes(StandardCharsets.UTF_8));
  }

  /** A request with these messages and, after a comma, these fields. */
  private static ChatRequest request(String messages, String fields) {
    return MessageRequestFields.parse(
        fields(
            "{\"model\":\"m\",\"max_tokens\":2000,\"messages\":[%s]%s}"
                .formatted(messages, fields)),
        true);
  }

  private static ChatRequest with(String fields) {
    return request(HI, "," + fields);
  }

  private static List<Turn> turns(String messages) {
    return request(messages, "").turns();
  }

  private static void assertRefused(String messages, String fields, String param, String message) {
    assertThatThrownBy(() -> request(messages, fields))
        .isInstanceOfSatisfying(
            ApiException.class, e -> assertThat(e.param()).as("param").isEqualTo(param))
        .hasMessageContaining(message);
  }

  @Test
  void systemIsTheFirstTurnAndItsBlocksStandOneBelowTheOther() {
    assertThat(with("\"system\":\"Be brief.\"").turns())
        .containsExactly(Turn.system("Be brief."), Turn.user("Hi"));
    assertThat(
            with("""
                    "system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},
                    {"type":"text","text":"b"}]""")
                .turns()
                .getFirst())
        .isEqualTo(Turn.system("a\nb"));
  }

  @Test
  void messagesOfOneRoleThatFollowEachOtherAreOneTurn() {
    assertThat(
            turns(
                """
                {"role":"user","content":"a"},
                {"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":"c"}]},
                {"role":"assistant","content":"d"},
                {"role":"assistant","content":"e"},
                {"role":"user","content":"f"},
                {"role":"system","content":"g"},
                {"role":"assistant","content":"h"},
                {"role":"user","content":"i"}"""))
        .containsExactly(
            Turn.user("a\nb\nc"),
            Turn.assistant("de", null, List.of()),
            Turn.user("f"),
            Turn.system("g"),
            Turn.assistant("h", null, List.of()),
            Turn.user("i"));
  }

  @Test
  void callsAndTheirResultsAreTurnsOfTheirOwn() {
    List<Turn> turns =
        turns(
            HI
                + ","
                + CALL
                + """
                ,{"role":"user","content":[
                  {"type":"tool_result","tool_use_id":"toolu_2","content":[
                    {"type":"text","text":"12"},{"type":"text","text":"h"}]},
                  {"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":"no"},
                  {"type":"text","text":"And?"}]}""");

    assertThat(turns)
        .containsExactly(
            Turn.user("Hi"),
            Turn.assistant(
                "One moment",
                "Rain? Ask.",
                List.of(
                    new Turn.Call("toolu_1", "weather", "{\"city\":\"Oslo\"}"),
                    new Turn.Call("toolu_2", "time", "{}"))),
            new Turn(Turn.Role.TOOL, "12\nh", "time", null, List.of(), "toolu_2"),
            new Turn(Turn.Role.TOOL, "Error: no", "weather", null, List.of(), "toolu_1"),
            Turn.user("And?"));
  }

  @Test
  void anAssistantMayCallWithoutAWordAndAToolMayAnswerNothing() {
    List<Turn> turns =
        turns(
            HI
                + """
                ,{"role":"assistant","content":[
                  {"type":"tool_use","id":"c","name":"f","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}""");

    assertThat(turns.get(1).content()).isNull();
    assertThat(turns.get(2).content()).isEmpty();
  }

  @Test
  void everyCallIsAnsweredInTheNextMessageAndNothingElseIs() {
    String result = "{\"role\":\"user\",\"content\":[%s]}";
    String one = "{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"content\":\"x\"}";
    String two = one.replace("toolu_1", "toolu_2");
    String text = "{\"type\":\"text\",\"text\":\"t\"}";

    assertRefused(HI + "," + CALL, "", "messages[1].content", "a tool_use has no tool_result");
    assertRefused(
        HI + "," + CALL + "," + HI, "", "messages[1].content", "a tool_use has no tool_result");
    assertRefused(
        HI + "," + CALL + "," + result.formatted(one),
        "",
        "messages[1].content",
        "a tool_use has no tool_result");
    assertRefused(
        HI + "," + CALL + "," + result.formatted(one + "," + one),
        "",
        "messages[2].content[1].tool_use_id",
        "no such tool_use");
    assertRefused(
        result.formatted(one), "", "messages[0].content[0].tool_use_id", "no such tool_use");
    assertRefused(
        HI + "," + CALL + "," + result.formatted(text + "," + one + "," + two),
        "",
        "messages[2].content[1].type",
        "results come before the text");
    assertThat(turns(HI + "," + CALL + "," + result.formatted(one) + "," + result.formatted(two)))
        .hasSize(4);
  }

  @Test
  void theLastAssistantsMessageIsContinued() {
    assertThat(with("\"stream\":false").prefix()).isFalse();
    assertThat(request(HI + ",{\"role\":\"assistant\",\"content\":\"It is\"}", "").prefix())
        .isTrue();
    assertRefused(
        HI + ",{\"role\":\"assistant\",\"content\":\"It is\"}",
        ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}",
        "thinking",
        "end with a user's message");
  }

  @ParameterizedTest
  @ValueSource(strings = {"image", "document", "search_result", "server_tool_use", "novelty"})
  void blocksThatAreNoTextAreRefusedByName(String type) {
    assertRefused(
        "{\"role\":\"user\",\"content\":[{\"type\":\"%s\",\"source\":{}}]}".formatted(type),
        "",
        "messages[0].content[0].type",
        "Unsupported block '" + type + "'");
  }

  @Test
  void blocksBelongToTheirRoles() {
    assertRefused(
        "{\"role\":\"user\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\"}]}",
        "",
        "messages[0].content[0].type",
        "only an assistant's message");
    assertRefused(
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c\"}]}",
        "",
        "messages[0].content[0].type",
        "only a user's message");
  }

  @Test
  void toolsKeepTheirNamesAndSchemas() {
    ChatRequest request =
        with(
            """
            "tools":[%s,{"type":"custom","name":"f","input_schema":{},"strict":true,
            "cache_control":{"type":"ephemeral"},"eager_input_streaming":true,
            "defer_loading":false,"allowed_callers":["direct"]}]"""
                .formatted(WEATHER));

    assertThat(request.tools())
        .extracting(Tool::name, Tool::description, Tool::strict, Tool::path)
        .containsExactly(
            tuple("weather", "d", false, "tools[0].input_schema"),
            tuple("f", null, true, "tools[1].input_schema"));
    assertThat(request.tools().getFirst().parameters()).hasToString("{\"type\":\"object\"}");
    assertThat(request.toolChoice())
        .isEqualTo(new ToolChoice(ToolChoice.Mode.AUTO, Set.of("weather", "f")));
    assertThat(request.parallelCalls()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          {"type":"web_search_20250305","name":"web_search"} | tools[0].type | custom
          {"name":"a b","input_schema":{}}                   | tools[0].name | expected 1 to 128
          {"name":"f"}                                       | tools[0].input_schema | Missing
          {"name":"f","input_schema":{},"parameters":{}}     | tools[0].parameters | Unrecognized
          {"name":"f","input_schema":{},"defer_loading":true} | tools[0].defer_loading | search
          {"name":"f","input_schema":{},"input_examples":[{}]} | tools[0].input_examples | describe
          {"name":"f","input_schema":{},"allowed_callers":["x"]} | tools[0].allowed_callers | direct
          """,
      delimiter = '|')
  void toolsThatCannotBeServedAreRefusedByName(String tool, String param, String message) {
    assertRefused(HI, ",\"tools\":[" + tool + "]", param, message);
  }

  private static ChatRequest choose(String choice) {
    return with("\"tools\":[%s],\"tool_choice\":%s".formatted(WEATHER, choice));
  }

  @Test
  void aChoiceOfToolsIsOneOfFour() {
    assertThat(choose("{\"type\":\"auto\"}").toolChoice().mode()).isEqualTo(ToolChoice.Mode.AUTO);
    assertThat(choose("{\"type\":\"any\"}").toolChoice().mode())
        .isEqualTo(ToolChoice.Mode.REQUIRED);
    assertThat(choose("{\"type\":\"tool\",\"name\":\"weather\"}").toolChoice())
        .isEqualTo(new ToolChoice(ToolChoice.Mode.REQUIRED, Set.of("weather")));
    assertThat(choose("{\"type\":\"none\"}").toolChoice()).isEqualTo(ToolChoice.NONE);
    assertThat(choose("{\"type\":\"any\",\"disable_parallel_tool_use\":true}").parallelCalls())
        .isFalse();
    assertRefused(
        HI, ",\"tool_choice\":{\"type\":\"any\"}", "tool_choice.type", "any needs 'tools'");
    assertRefused(
        HI,
        ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}",
        "tool_choice.name",
        "none of the tools");
    assertRefused(
        HI,
        ",\"tool_choice\":{\"type\":\"auto\",\"name\":\"f\"}",
        "tool_choice.name",
        "only allowed when");
  }

  @Test
  void thinkingHasABudgetBelowTheMaxTokens() {
    assertThat(with("\"system\":\"\"").thinking()).isEqualTo(Thinking.DEFAULT);
    assertThat(with("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1999}").thinking())
        .isEqualTo(Thinking.within(1_999));
    assertThat(with("\"thinking\":{\"type\":\"adaptive\"}").thinking()).isEqualTo(Thinking.ON);
    assertThat(with("\"thinking\":{\"type\":\"disabled\"}").thinking()).isEqualTo(Thinking.OFF);
    assertRefused(
        HI,
        ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}",
        "thinking.budget_tokens",
        "2000 leaves no room for an answer within max_tokens 2000");
    assertRefused(
        HI,
        ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1023}",
        "thinking.budget_tokens",
        "from 1024");
    assertRefused(HI, ",\"thinking\":{\"type\":\"enabled\"}", "thinking.budget_tokens", "Missing");
    assertRefused(
        HI,
        ",\"thinking\":{\"type\":\"adaptive\",\"budget_tokens\":1024}",
        "thinking.budget_tokens",
        "only allowed when");
  }

  @Test
  void anEffortIsABudgetUnlessThereIsOne() {
    String low = "\"output_config\":{\"effort\":\"low\"}";

    assertThat(with(low).thinking()).isEqualTo(Thinking.within(1_024));
    assertThat(with("\"output_config\":{\"effort\":\"xhigh\"}").thinking()).isEqualTo(Thinking.ON);
    assertThat(with(low + ",\"thinking\":{\"type\":\"adaptive\"}").thinking())
        .isEqualTo(Thinking.within(1_024));
    assertThat(with(low + ",\"thinking\":{\"type\":\"disabled\"}").thinking())
        .isEqualTo(Thinking.OFF);
    assertThat(with(low + ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1500}").thinking())
        .isEqualTo(Thinking.within(1_500));
  }

  private static Thinking thinkingOfAModelThatDoesNotReason(String field) {
    String body = "{\"model\":\"m\",\"max_tokens\":2000,\"messages\":[" + HI + "]," + field + "}";
    return MessageRequestFields.parse(fields(body), false).thinking();
  }

  @Test
  void aModelThatDoesNotReasonIsOnlyAskedToWhereTheClientInsists() {
    assertThat(
            thinkingOfAModelThatDoesNotReason(
                "\"output_config\":{\"effort\":\"max\"},\"thinking\":{\"type\":\"adaptive\"}"))
        .isEqualTo(Thinking.DEFAULT);
    assertThat(thinkingOfAModelThatDoesNotReason("\"output_config\":{\"effort\":\"low\"}"))
        .isEqualTo(Thinking.DEFAULT);
    assertThat(thinkingOfAModelThatDoesNotReason("\"thinking\":{\"type\":\"disabled\"}"))
        .isEqualTo(Thinking.OFF);
    assertThat(
            thinkingOfAModelThatDoesNotReason(
                "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}"))
        .isEqualTo(Thinking.within(1_024));
  }

  @Test
  void reasoningIsShownUnlessItIsToBeOmitted() {
    assertThat(ThinkingConfig.shown(fields("{}"))).isTrue();
    assertThat(ThinkingConfig.shown(fields("{\"thinking\":{\"display\":\"summarized\"}}")))
        .isTrue();
    assertThat(ThinkingConfig.shown(fields("{\"thinking\":{\"display\":\"omitted\"}}"))).isFalse();
  }

  @Test
  void theShapeIsInEitherOfItsPlaces() {
    String format = "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}";
    AnswerShape.JsonSchema current =
        (AnswerShape.JsonSchema) with("\"output_config\":{\"format\":" + format + "}").shape();
    AnswerShape.JsonSchema former =
        (AnswerShape.JsonSchema) with("\"output_format\":" + format).shape();

    assertThat(with("\"output_config\":{}").shape()).isEqualTo(new AnswerShape.Text());
    assertThat(current.path()).isEqualTo("output_config.format.schema");
    assertThat(former.path()).isEqualTo("output_format.schema");
    assertThat(former.schema()).isEqualTo(current.schema());
    assertRefused(
        HI,
        ",\"output_format\":%s,\"output_config\":{\"format\":%s}".formatted(format, format),
        "output_format",
        "send one of them");
  }

  @Test
  void samplingAndStopsAndTheUserAreHandedOn() {
    ChatRequest request =
        with(
            """
            "temperature":0.5,"top_p":0.25,"top_k":7,"stop_sequences":["a","b"],
            "metadata":{"user_id":"u"}""");

    assertThat(request.maxTokens()).isEqualTo(OptionalInt.of(2_000));
    assertThat(request.settings().sampling().temperature()).isEqualTo(0.5f);
    assertThat(request.settings().sampling().topP()).isEqualTo(0.25f);
    assertThat(request.settings().sampling().topK()).isEqualTo(7);
    assertThat(request.settings().scored()).isFalse();
    assertThat(request.settings().stop()).containsExactly("a", "b");
    assertThat(request.settings().cacheSalt()).isEqualTo("u");
    assertThat(request.settings().choices()).isEqualTo(1);
    assertRefused(HI, ",\"temperature\":1.1", "temperature", "from 0 to 1");
    assertRefused(HI, ",\"stop_sequences\":[\"\"]", "stop_sequences", "empty string");
    assertRefused(
        HI, ",\"metadata\":{\"user_id\":\"" + "ü".repeat(257) + "\"}", "metadata.user_id", "514");
  }

  @Test
  void onlyACountMayLeaveOutTheMaxTokens() {
    Fields body = fields("{\"model\":\"m\",\"messages\":[" + HI + "]}");

    assertThat(MessageRequestFields.parseAnySize(body, true).maxTokens()).isEmpty();
    assertThatThrownBy(() -> MessageRequestFields.parse(body, true))
        .hasMessage("Missing required parameter: 'max_tokens'.");
  }
}
