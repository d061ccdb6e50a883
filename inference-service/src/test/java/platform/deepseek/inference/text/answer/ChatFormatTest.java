package platform.deepseek.inference.text.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.text.answer.ToolFormat.JsonCalls;
import platform.deepseek.inference.text.answer.ToolFormat.MarkedCalls;

/** What a template tells about its model, without the model's name. */
class ChatFormatTest {

  private static final ToolFormat TOOL_CALL_TAGS =
      new JsonCalls("<tool_call>\n", "\n</tool_call>", "arguments");
  private static final ToolFormat FENCED_CALLS =
      new MarkedCalls(
          "<｜tool▁calls▁begin｜>",
          "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
          "\n```json\n",
          "\n```<｜tool▁call▁end｜>",
          "\n",
          "<｜tool▁calls▁end｜>");

  @Test
  void qwenAndHermesPutEachCallBetweenTags() {
    for (var style :
        List.of(
            TemplateStyle.QWEN25,
            TemplateStyle.QWEN3,
            TemplateStyle.LONGER_QWEN,
            TemplateStyle.HERMES)) {
      assertThat(style.format().answer().tools()).as(style.name()).contains(TOOL_CALL_TAGS);
    }
  }

  @Test
  void llamasCallIsTheWholeAnswer() {
    for (var style : List.of(TemplateStyle.LLAMA31, TemplateStyle.LONGER_LLAMA)) {
      assertThat(style.format().answer().tools())
          .as(style.name())
          .contains(new JsonCalls("", "", "parameters"));
    }
  }

  @Test
  void deepSeekV3AndR1MarkSectionCallNameAndArguments() {
    for (var style : List.of(TemplateStyle.DEEPSEEK_V3, TemplateStyle.R1_DISTILL)) {
      assertThat(style.format().answer().tools()).as(style.name()).contains(FENCED_CALLS);
    }
  }

  @Test
  void markersWithOtherCharactersAreReadOffInTheSameWay() {
    assertThat(TemplateStyle.LONGER_DEEPSEEK.format().answer().tools())
        .contains(
            new MarkedCalls(
                "<|tool_calls_begin|>",
                "<|tool_call_begin|>function<|tool_sep|>",
                "\n```json\n",
                "\n```<|tool_call_end|>",
                "\n",
                "<|tool_calls_end|>"));
  }

  @Test
  void deepSeekV31WritesNoFence() {
    assertThat(TemplateStyle.DEEPSEEK_V31.format().answer().tools())
        .contains(
            new MarkedCalls(
                "<｜tool▁calls▁begin｜>",
                "<｜tool▁call▁begin｜>",
                "<｜tool▁sep｜>",
                "<｜tool▁call▁end｜>",
                "",
                "<｜tool▁calls▁end｜>"));
  }

  @Test
  void mistralListsItsCallsBehindOneMark() {
    assertThat(TemplateStyle.MISTRAL.format().answer().tools())
        .contains(new JsonCalls("[TOOL_CALLS] [", "]", "arguments"));
  }

  @Test
  void aTemplateThatKnowsNoToolsHasNoFormatForCalls() {
    assertThat(TemplateStyle.WITHOUT_TOOLS.format())
        .isEqualTo(
            new ChatFormat(
                AnswerFormat.PLAIN,
                new ConversationFormat(false, false, Optional.empty(), false),
                ThinkingSwitch.NONE));
  }

  @Test
  void aTemplateWhoseCallsAreNotJsonHasNoFormatForCalls() {
    var format =
        ChatFormat.of(
            """
            {%- for m in messages %}
            {{- '<|im_start|>' + m.role + '\\n' + (m.content or '') }}
            {%- for c in m.tool_calls or [] %}
            {{- '<tool_call>\\n<function=' + c.function.name + '>\\n' }}
            {%- for name, value in c.function.arguments | items %}
            {{- '<parameter=' + name + '>\\n' + value + '\\n</parameter>\\n' }}
            {%- endfor %}
            {{- '</function>\\n</tool_call>' }}
            {%- endfor %}
            {{- '<|im_end|>\\n' }}
            {%- endfor %}""",
            Map.of());

    assertThat(format.answer()).isEqualTo(AnswerFormat.PLAIN);
  }

  @Test
  void aTemplateThatOnlyInstructsTheModelIsTakenAtItsWord() {
    var format =
        ChatFormat.of(
            """
            {%- if tools %}{{- 'Call with <tool_call>{"name": .., "arguments": ..}</tool_call>' }}
            {%- endif %}
            {%- for m in messages %}{{- m.role + ': ' + m.content + '\\n' }}{%- endfor %}""",
            Map.of());

    assertThat(format.answer().tools()).contains(TOOL_CALL_TAGS);
  }

  @ParameterizedTest
  @EnumSource
  void reasoningIsThinkWhereTheTemplateKnowsIt(TemplateStyle style) {
    boolean reasons =
        !List.of(
                TemplateStyle.QWEN25,
                TemplateStyle.HERMES,
                TemplateStyle.LLAMA31,
                TemplateStyle.LONGER_LLAMA,
                TemplateStyle.MISTRAL,
                TemplateStyle.WITHOUT_TOOLS)
            .contains(style);

    assertThat(style.format().answer().reasoning())
        .isEqualTo(
            reasons ? Optional.of(new ReasoningFormat("<think>", "</think>")) : Optional.empty());
  }

  @ParameterizedTest
  @EnumSource
  void argumentsAreTheFormThatTheTemplateWritesAsPlainJson(TemplateStyle style) {
    boolean object =
        List.of(
                TemplateStyle.QWEN25,
                TemplateStyle.HERMES,
                TemplateStyle.LLAMA31,
                TemplateStyle.LONGER_LLAMA,
                TemplateStyle.MISTRAL)
            .contains(style);

    assertThat(style.format().conversation().argumentsAsObject()).isEqualTo(object);
  }

  @Test
  void deepSeeksTemplatesDoNotTellTheModelWhichToolsThereAre() {
    assertThat(
            Arrays.stream(TemplateStyle.values())
                .filter(style -> !style.format().conversation().declaresTools()))
        .containsExactly(
            TemplateStyle.DEEPSEEK_V3,
            TemplateStyle.DEEPSEEK_V31,
            TemplateStyle.R1_DISTILL,
            TemplateStyle.WITHOUT_TOOLS,
            TemplateStyle.LONGER_DEEPSEEK);
  }

  @Test
  void everyMarkerIsNamedSoThatItsTokensAreKept() {
    assertThat(TemplateStyle.QWEN3.format().answer().markers())
        .containsExactly("<think>", "</think>", "<tool_call>", "</tool_call>");
    assertThat(TemplateStyle.R1_DISTILL.format().answer().markers())
        .containsExactly(
            "<think>",
            "</think>",
            "<｜tool▁calls▁begin｜>",
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
            "```json",
            "```<｜tool▁call▁end｜>",
            "<｜tool▁calls▁end｜>");
    assertThat(TemplateStyle.LLAMA31.format().answer().markers()).isEmpty();
  }

  @Test
  void onlyTemplatesThatFailOnNullGetEmptyContent() {
    assertThat(
            Arrays.stream(TemplateStyle.values())
                .filter(style -> style.format().conversation().contentOfCalls()))
        .containsExactly(TemplateStyle.QWEN3);
  }

  @Test
  void earlierReasoningGoesWhereTheTemplateReadsIt() {
    assertThat(TemplateStyle.QWEN3.format().conversation().reasoningField())
        .contains("reasoning_content");
    assertThat(TemplateStyle.R1_DISTILL.format().conversation().reasoningField()).isEmpty();

    var other =
        ChatFormat.of(
            "{% for m in messages %}{{ '<think>' ~ m.thinking ~ '</think>' ~ m.content }}{% endfor %}",
            Map.of());
    assertThat(
            other
                .conversation()
                .adapted(
                    List.of(Map.of("role", "assistant", "content", "c", "reasoning_content", "r"))))
        .containsExactly(Map.of("role", "assistant", "content", "c", "thinking", "r"));
  }

  @Test
  void argumentsOfEarlierCallsBecomeAnObjectAndBrokenOnesStay() {
    var conversation = new ConversationFormat(true, true, Optional.empty(), true);

    var adapted =
        conversation.adapted(
            List.of(
                Map.of("role", "user", "content", "{}"),
                turn("{\"b\": 1, \"a\": [1.5, null]}"),
                turn("{\"b\": ")));

    var parsed = new LinkedHashMap<String, Object>();
    parsed.put("b", 1);
    parsed.put("a", Arrays.asList(1.5, null));
    assertThat(adapted)
        .containsExactly(
            Map.of("role", "user", "content", "{}"), expected(parsed), expected("{\"b\": "));
  }

  @Test
  void aTurnHasCallsOnlyWhereThereIsOneAndThenAlwaysContent() {
    var conversation = new ConversationFormat(false, false, Optional.empty(), true);
    var answer = new LinkedHashMap<String, Object>(Map.of("role", "assistant", "content", "c"));
    answer.put("tool_calls", null);
    List<Object> calls = List.of(Map.of("function", Map.of("name", "f", "arguments", "{}")));
    var called = new LinkedHashMap<String, Object>();
    called.put("role", "assistant");
    called.put("tool_calls", calls);
    called.put("content", null);

    assertThat(
            conversation.adapted(
                List.of(
                    answer,
                    Map.of("role", "assistant", "content", "c", "tool_calls", List.of()),
                    Map.of("role", "assistant", "tool_calls", calls))))
        .containsExactly(
            Map.of("role", "assistant", "content", "c"),
            Map.of("role", "assistant", "content", "c"),
            called);
  }

  private static Map<String, Object> turn(String arguments) {
    Map<String, Object> turn = new LinkedHashMap<>(expected(arguments));
    turn.put("content", null);
    turn.put("reasoning_content", "dropped");
    return turn;
  }

  private static Map<String, Object> expected(Object arguments) {
    return Map.of(
        "role",
        "assistant",
        "content",
        "",
        "tool_calls",
        List.of(Map.of("id", "1", "function", Map.of("name", "f", "arguments", arguments))));
  }

  @Test
  void qwen3AndV31HaveAVariableForThinking() {
    var qwen = TemplateStyle.QWEN3.format().thinking();
    assertThat(qwen.variables(ThinkingMode.OFF)).isEqualTo(Map.of("enable_thinking", false));
    assertThat(qwen.variables(ThinkingMode.ON)).isEqualTo(Map.of("enable_thinking", true));
    assertThat(qwen.variables(ThinkingMode.DEFAULT)).isEmpty();
    assertThat(TemplateStyle.DEEPSEEK_V31.format().thinking().variables(ThinkingMode.ON))
        .isEqualTo(Map.of("thinking", true));
    assertThat(TemplateStyle.R1_DISTILL.format().thinking().variable()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"QWEN3", "DEEPSEEK_V31", "R1_DISTILL", "LONGER_QWEN"})
  void thinkingSwitchedOffEndsThePromptBehindTheReasoning(TemplateStyle style) {
    var thinking = style.format().thinking();
    String prompt =
        style.template().generationPrompt(thinking.variables(ThinkingMode.OFF)).orElseThrow();

    assertThat(style.format().beginning(prompt, ThinkingMode.OFF).start())
        .isEqualTo(AnswerStart.CONTENT);
  }

  @Test
  void aTemplateThatAlwaysOpensTheBlockHasItClosedByTheServer() {
    var format = TemplateStyle.R1_DISTILL.format();
    String prompt = TemplateStyle.R1_DISTILL.template().generationPrompt(Map.of()).orElseThrow();

    assertThat(prompt).endsWith("<｜Assistant｜><think>\n");
    assertThat(format.beginning(prompt, ThinkingMode.DEFAULT))
        .isEqualTo(new ChatFormat.Beginning(List.of(), AnswerStart.REASONING));
    assertThat(format.beginning(prompt, ThinkingMode.OFF))
        .isEqualTo(
            new ChatFormat.Beginning(
                List.of(Continuation.ofServer("\n</think>\n\n")), AnswerStart.CONTENT));
  }

  @Test
  void aTemplateWithoutSwitchAndBlockHasItOpenedOrClosedOnDemand() {
    var format = TemplateStyle.DEEPSEEK_V3.format();
    String prompt = "<｜User｜>hi<｜Assistant｜>";

    assertThat(format.beginning(prompt, ThinkingMode.DEFAULT).start())
        .isEqualTo(AnswerStart.EITHER);
    assertThat(format.beginning(prompt, ThinkingMode.ON))
        .isEqualTo(
            new ChatFormat.Beginning(
                List.of(Continuation.ofServer("<think>\n")), AnswerStart.REASONING));
    assertThat(format.beginning(prompt, ThinkingMode.OFF))
        .isEqualTo(
            new ChatFormat.Beginning(
                List.of(Continuation.ofServer("<think>\n\n</think>\n\n")), AnswerStart.CONTENT));
  }

  @Test
  void markersInEarlierMessagesDoNotSayWhereTheAnswerBegins() {
    var format = TemplateStyle.R1_DISTILL.format().answer();

    assertThat(format.startAfter("<｜User｜>what is <think>?<｜Assistant｜>"))
        .isEqualTo(AnswerStart.EITHER);
    assertThat(AnswerFormat.PLAIN.startAfter("<think>")).isEqualTo(AnswerStart.CONTENT);
  }

  @Test
  void aUsersBeginningOfAnAnswerStandsBehindClosedReasoning() {
    assertThat(TemplateStyle.R1_DISTILL.format().resumed("<｜Assistant｜><think>\n", "", "```java"))
        .isEqualTo(
            new ChatFormat.Beginning(
                List.of(Continuation.ofServer("\n</think>\n\n"), Continuation.ofUser("```java")),
                AnswerStart.CONTENT));
    assertThat(TemplateStyle.LLAMA31.format().resumed("assistant\n\n", "", "Dear"))
        .isEqualTo(
            new ChatFormat.Beginning(List.of(Continuation.ofUser("Dear")), AnswerStart.CONTENT));
  }

  @Test
  void aUsersBeginningOfTheReasoningGoesOnOrIsClosed() {
    var format = TemplateStyle.QWEN3.format();

    assertThat(format.resumed("<|im_start|>assistant\n", "Hm", ""))
        .isEqualTo(
            new ChatFormat.Beginning(
                List.of(Continuation.ofServer("<think>\n"), Continuation.ofUser("Hm")),
                AnswerStart.REASONING));
    assertThat(format.resumed("<|im_start|>assistant\n<think>\n", "Hm", "So").continuation())
        .containsExactly(
            Continuation.ofUser("Hm"),
            Continuation.ofServer("\n</think>\n\n"),
            Continuation.ofUser("So"));
    assertThatThrownBy(() -> format.resumed("<think>\n\n</think>\n\n", "Hm", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 characters")
        .hasMessageContaining("thinking is off");
  }
}
