package platform.deepseek.inference.text.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.text.answer.AnswerPart.CallArguments;
import platform.deepseek.inference.text.answer.AnswerPart.CallEnded;
import platform.deepseek.inference.text.answer.AnswerPart.CallStarted;
import platform.deepseek.inference.text.answer.AnswerPart.Content;
import platform.deepseek.inference.text.answer.AnswerPart.Reasoning;

/** What models write, and what it means. */
class AnswerParserTest {

  private static final AnswerFormat R1 = TemplateStyle.R1_DISTILL.format().answer();
  private static final AnswerFormat QWEN3 = TemplateStyle.QWEN3.format().answer();
  private static final AnswerFormat QWEN25 = TemplateStyle.QWEN25.format().answer();
  private static final AnswerFormat LLAMA = TemplateStyle.LLAMA31.format().answer();
  private static final AnswerFormat V31 = TemplateStyle.DEEPSEEK_V31.format().answer();

  @Test
  void r1ReasonsFromItsFirstCharacterWhereThePromptOpenedTheBlock() {
    var answer = Answer.read(R1, AnswerStart.REASONING, "Two and two.\n</think>\n\nFour.");

    assertThat(answer.parts())
        .containsExactly(new Reasoning("Two and two.", 0, 12), new Content("Four.", 23, 28));
  }

  @Test
  void r1MayRepeatTheMarkThatThePromptHasWritten() {
    var answer = Answer.read(R1, AnswerStart.REASONING, "<think>\nHm\n</think>\n\nFour.");

    assertThat(answer.parts())
        .containsExactly(new Reasoning("Hm", 8, 10), new Content("Four.", 21, 26));
  }

  @Test
  void qwen3OpensItsReasoningItself() {
    var answer =
        Answer.read(QWEN3, AnswerStart.EITHER, "<think>\nI know.\n</think>\n\nFour.<think>");

    assertThat(answer.reasoning()).isEqualTo("I know.");
    assertThat(answer.content()).isEqualTo("Four.<think>");
  }

  @Test
  void emptyReasoningIsNoPart() {
    assertThat(Answer.read(QWEN3, AnswerStart.EITHER, "<think>\n\n</think>\n\nFour.").parts())
        .containsExactly(new Content("Four.", 19, 24));
    assertThat(Answer.read(V31, AnswerStart.CONTENT, "</think>Four.").parts())
        .containsExactly(new Content("Four.", 8, 13));
  }

  @Test
  void reasoningThatIsCutOffIsAllReasoning() {
    assertThat(Answer.read(R1, AnswerStart.REASONING, "Let me see </thi\n").parts())
        .containsExactly(new Reasoning("Let me see </thi", 0, 16));
  }

  @Test
  void reasoningWithoutItsOpeningMarkIsContentWhereTheAnswerIsStreamed() {
    String text = "Two and two.\n</think>\n\nFour.";

    assertThat(Answer.read(R1, AnswerStart.EITHER, text).parts())
        .containsExactly(new Content(text, 0, text.length()));
  }

  @Test
  void reasoningWithoutItsOpeningMarkIsReasoningWhereTheAnswerIsAwaited() {
    var awaited = new AnswerParser(R1, AnswerStart.EITHER, Set.of(), true);

    assertThat(awaited.append("Two and two.\n</thi")).isEmpty();
    assertThat(awaited.append("nk>\n\nFour."))
        .containsExactly(new Reasoning("Two and two.", 0, 12), new Content("Four.", 23, 28));
    assertThat(awaited.finish()).isEmpty();
  }

  @Test
  void anAwaitedAnswerWithoutReasoningIsContentAtTheEnd() {
    var awaited = new AnswerParser(R1, AnswerStart.EITHER, Set.of(), true);

    assertThat(awaited.append(" Four. </thin")).isEmpty();
    assertThat(awaited.finish()).containsExactly(new Content(" Four. </thin", 0, 13));
  }

  @Test
  void qwenCallsBetweenTags() {
    var answer =
        Answer.read(
            QWEN25,
            AnswerStart.CONTENT,
            "I'll look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Ulm\"}}\n"
                + "</tool_call>\n<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>");

    assertThat(answer.parts())
        .containsExactly(
            new Content("I'll look.", 0, 10),
            new CallStarted(0, "get_weather"),
            new CallArguments(0, "{\"city\": \"Ulm\"}"),
            new CallEnded(0),
            new CallStarted(1, "get_time"),
            new CallArguments(1, "{}"),
            new CallEnded(1));
  }

  @Test
  void argumentsStreamAsTheyAreWritten() {
    var parser = new AnswerParser(QWEN25, AnswerStart.CONTENT, Answer.TOOLS, false);

    assertThat(parser.append("<tool_call>\n{\"name\": \"get_wea")).isEmpty();
    assertThat(parser.append("ther\"")).containsExactly(new CallStarted(0, "get_weather"));
    assertThat(parser.append(", \"arguments\": {\"ci"))
        .containsExactly(new CallArguments(0, "{\"ci"));
    assertThat(parser.append("ty\": \"</tool_call>"))
        .containsExactly(new CallArguments(0, "ty\": \"</tool_call>"));
    assertThat(parser.append("\\\"}\"")).containsExactly(new CallArguments(0, "\\\"}\""));
    assertThat(parser.append("}}\n</tool"))
        .containsExactly(new CallArguments(0, "}"), new CallEnded(0));
    assertThat(parser.append("_call>")).isEmpty();
    assertThat(parser.finish()).isEmpty();
  }

  @Test
  void argumentsBeforeTheNameWaitForIt() {
    var answer =
        Answer.read(
            TemplateStyle.HERMES.format().answer(),
            AnswerStart.CONTENT,
            "<tool_call>\n{ \"arguments\": {\"a\": [1, {\"name\": \"x\"}]}, \"id\": 7, "
                + "\"name\": \"get_time\"}\n</tool_call> done");

    assertThat(answer.calls()).containsExactly("get_time({\"a\": [1, {\"name\": \"x\"}]})");
    assertThat(answer.content()).isEqualTo("done");
  }

  @Test
  void argumentsThatAreQuotedOnceTooOftenAreUnquoted() {
    var answer =
        Answer.read(
            QWEN25,
            AnswerStart.CONTENT,
            "<tool_call>{\"name\": \"get_time\", \"arguments\": \"{\\\"zone\\\": \\\"\\u00c9\\\"}\"}"
                + "</tool_call>");

    assertThat(answer.calls()).containsExactly("get_time({\"zone\": \"É\"})");
  }

  @Test
  void aCallWithoutArgumentsHasTheEmptyObject() {
    var answer =
        Answer.read(QWEN25, AnswerStart.CONTENT, "<tool_call>{\"name\": \"get_time\"}</tool_call>");

    assertThat(answer.calls()).containsExactly("get_time({})");
  }

  @Test
  void severalObjectsBetweenOnePairOfTagsAreSeveralCalls() {
    var answer =
        Answer.read(
            QWEN25,
            AnswerStart.CONTENT,
            "<tool_call>\n{\"name\": \"get_time\"}\n{\"name\": \"get\", \"arguments\": {}}\n</tool_call>");

    assertThat(answer.calls()).containsExactly("get_time({})", "get({})");
    assertThat(answer.content()).isEmpty();
  }

  @Test
  void textBetweenAndBehindCallsIsContent() {
    String call = "<tool_call>{\"name\": \"get_time\"}</tool_call>";
    var answer = Answer.read(QWEN25, AnswerStart.CONTENT, call + "\nand \n" + call + "\n bye \n");

    assertThat(answer.calls()).hasSize(2);
    assertThat(answer.parts()).contains(new Content("and", 44, 47), new Content("bye \n", 94, 99));
  }

  @Test
  void deepSeekV3CallsBetweenItsMarkers() {
    var answer =
        Answer.read(
            R1,
            AnswerStart.REASONING,
            "I need both.\n</think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>"
                + "get_weather\n```json\n{\"city\": \"```<｜tool▁call▁end｜>\"}\n```<｜tool▁call▁end｜>\n"
                + "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n```json\n{}\n```<｜tool▁call▁end｜>"
                + "<｜tool▁calls▁end｜>");

    assertThat(answer.parts())
        .containsExactly(
            new Reasoning("I need both.", 0, 12),
            new CallStarted(0, "get_weather"),
            new CallArguments(0, "{\"city\": \"```<｜tool▁call▁end｜>\"}"),
            new CallEnded(0),
            new CallStarted(1, "get_time"),
            new CallArguments(1, "{}"),
            new CallEnded(1));
  }

  @Test
  void deepSeekMayLeaveOutTheMarkOfTheSectionAndTheFence() {
    var answer =
        Answer.read(
            R1,
            AnswerStart.CONTENT,
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n{\"a\": 1}<｜tool▁call▁end｜>");

    assertThat(answer.calls()).containsExactly("get_time({\"a\": 1})");
    assertThat(answer.content()).isEmpty();
  }

  @Test
  void deepSeekV31CallsWithNameAndArgumentsAlone() {
    var answer =
        Answer.read(
            V31,
            AnswerStart.CONTENT,
            "Sure.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"Ulm\"}"
                + "<｜tool▁call▁end｜><｜tool▁call▁begin｜>get<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
                + "<｜tool▁calls▁end｜>");

    assertThat(answer.content()).isEqualTo("Sure.");
    assertThat(answer.calls()).containsExactly("get_weather({\"city\": \"Ulm\"})", "get({})");
  }

  @Test
  void aCallWithinReasoningEndsTheReasoning() {
    var answer =
        Answer.read(
            QWEN3,
            AnswerStart.EITHER,
            "<think>\nI could write <tool_call> here.\n"
                + "<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>\n</think>\n\nWait.");

    assertThat(answer.reasoning()).isEqualTo("I could write <tool_call> here.");
    assertThat(answer.calls()).containsExactly("get_time({})");
    assertThat(answer.content()).isEqualTo("Wait.");
  }

  @Test
  void llamasWholeAnswerIsTheCall() {
    String call = "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Ulm\"}}";

    assertThat(Answer.read(LLAMA, AnswerStart.CONTENT, call).calls())
        .containsExactly("get_weather({\"city\": \"Ulm\"})");
    assertThat(Answer.read(LLAMA, AnswerStart.CONTENT, "<|python_tag|>" + call).calls())
        .containsExactly("get_weather({\"city\": \"Ulm\"})");
    assertThat(
            Answer.read(
                    LLAMA,
                    AnswerStart.CONTENT,
                    call + "; {\"type\": \"function\", \"name\": \"get\"}")
                .calls())
        .containsExactly("get_weather({\"city\": \"Ulm\"})", "get({})");
  }

  @Test
  void anAnswerInJsonIsNoCallOfLlama() {
    for (var text :
        List.of(
            "{\"city\": \"Ulm\", \"name\": \"get_time\"}",
            "{\"name\": \"Anna\", \"parameters\": {}}",
            "{}",
            "{\"parameters\": {}}",
            "Here: {\"name\": \"get_time\"}",
            "<|python_tag|>print(1)")) {
      assertThat(Answer.read(LLAMA, AnswerStart.CONTENT, text).parts())
          .containsExactly(new Content(text, 0, text.length()));
    }
  }

  @Test
  void anAnswerInJsonIsHeldBackOnlyUntilItsFirstName() {
    var parser = new AnswerParser(LLAMA, AnswerStart.CONTENT, Answer.TOOLS, false);

    assertThat(parser.append("{\"city")).isEmpty();
    assertThat(parser.append("\"")).containsExactly(new Content("{\"city\"", 0, 7));
    assertThat(parser.append(": 1")).containsExactly(new Content(": 1", 7, 10));
  }

  @Test
  void whatOnlyLooksLikeACallIsText() {
    for (var text :
        List.of(
            "<tool_call>\nthis is how a call begins",
            "<tool_call>{\"name\": \"delete_everything\", \"arguments\": {}}</tool_call>",
            "<tool_call>{\"arguments\": {}}</tool_call>",
            "<tool_call>{\"name\" \"get_time\"}</tool_call>",
            "<tool_call>{\"name\": 7}</tool_call>",
            "<tool_call>{\"name\": \"get_wea",
            "a </tool_call> b <tool_ call>")) {
      assertThat(Answer.read(QWEN25, AnswerStart.CONTENT, text).parts())
          .containsExactly(new Content(text, 0, text.length()));
    }
    String other =
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>rm\n```json\n{}\n```";
    assertThat(Answer.read(R1, AnswerStart.CONTENT, other).content()).isEqualTo(other);
  }

  @Test
  void aCallBehindTextThatOnlyLookedLikeOneIsFound() {
    var answer =
        Answer.read(
            QWEN25,
            AnswerStart.CONTENT,
            "Say <tool_call> <tool_call>{\"name\": \"get_time\"}</tool_call>");

    assertThat(answer.content()).isEqualTo("Say <tool_call>");
    assertThat(answer.calls()).containsExactly("get_time({})");
  }

  @Test
  void aCallThatIsCutOffEndsAsItIs() {
    var answer =
        Answer.read(
            QWEN25,
            AnswerStart.CONTENT,
            "<tool_call>{\"name\": \"get_time\", \"arguments\": {\"zone\": \"Eur");

    assertThat(answer.calls()).containsExactly("get_time({\"zone\": \"Eur)");
  }

  @Test
  void aCallWhoseJsonBreaksOffEndsThere() {
    var answer =
        Answer.read(
            QWEN25,
            AnswerStart.CONTENT,
            "<tool_call>{\"name\": \"get_time\", \"arguments\": {\"zone\": </tool_call>\nSorry.");

    assertThat(answer.calls()).containsExactly("get_time({\"zone\": )");
    assertThat(answer.content()).isEqualTo("Sorry.");
  }

  @Test
  void callsAreTextWhereNoToolMayBeCalled() {
    String text = "<tool_call>{\"name\": \"get_time\"}</tool_call> ";
    var parser = new AnswerParser(QWEN25, AnswerStart.CONTENT, Set.of(), false);

    assertThat(parser.append(text)).containsExactly(new Content(text, 0, text.length()));
    assertThat(parser.finish()).isEmpty();
  }

  @Test
  void textGoesOnAsSoonAsItCanBeNoMarker() {
    var parser = new AnswerParser(QWEN25, AnswerStart.CONTENT, Answer.TOOLS, false);

    assertThat(parser.append("a <")).containsExactly(new Content("a", 0, 1));
    assertThat(parser.append("tool")).isEmpty();
    assertThat(parser.append("box>")).containsExactly(new Content(" <toolbox>", 1, 11));
    assertThat(parser.append(" \n")).isEmpty();
    assertThat(parser.finish()).containsExactly(new Content(" \n", 11, 13));
  }

  @Test
  void aModelThatOnlyAnswersHoldsNothingBack() {
    var parser = new AnswerParser(AnswerFormat.PLAIN, AnswerStart.CONTENT, Answer.TOOLS, false);

    assertThat(parser.append(" \n<think")).containsExactly(new Content(" \n<think", 0, 8));
    assertThat(parser.append("\n")).containsExactly(new Content("\n", 8, 9));
  }

  @Test
  void aFinishedAnswerTakesNoMoreText() {
    var parser = new AnswerParser(QWEN25, AnswerStart.CONTENT, Set.of(), false);
    parser.finish();

    assertThatThrownBy(() -> parser.append("x"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("begin a new parser");
  }
}
