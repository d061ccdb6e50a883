package platform.deepseek.inference.text.answer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.text.answer.AnswerPart.CallArguments;
import platform.deepseek.inference.text.answer.AnswerPart.CallEnded;
import platform.deepseek.inference.text.answer.AnswerPart.CallStarted;
import platform.deepseek.inference.text.answer.AnswerPart.Content;
import platform.deepseek.inference.text.answer.AnswerPart.Reasoning;

/** What holds for any text a model may write. */
class AnswerParserPropertyTest {

  private static final int TEXTS = 3_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @EnumSource
  void anyWayToCutTheTextGivesTheSameParts(TemplateStyle style) {
    var random = new Random(11);
    var format = style.format().answer();
    var texts = new GeneratedAnswers(format, random);
    for (int i = 0; i < TEXTS; i++) {
      String text = texts.next();
      var start = AnswerStart.values()[i % 3];
      boolean awaited = random.nextBoolean();
      var whole = Answer.read(parser(format, start, awaited), List.of(text));

      assertThat(Answer.read(parser(format, start, awaited), Answer.cut(text, random, 1)))
          .as(text)
          .isEqualTo(whole);
      assertThat(Answer.read(parser(format, start, awaited), Answer.cut(text, random, 20)))
          .as(text)
          .isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @EnumSource
  void partsSayWhereTheyWereReadAndNothingIsLost(TemplateStyle style) {
    var random = new Random(13);
    var format = style.format().answer();
    var texts = new GeneratedAnswers(format, random);
    for (int i = 0; i < TEXTS; i++) {
      String text = texts.next();
      var answer = Answer.read(format, AnswerStart.values()[i % 3], text);
      var between = new StringBuilder();
      int done = 0;
      for (var part : answer.parts()) {
        if (part instanceof Reasoning(String read, int from, int to)) {
          done = range(text, read, from, to, done, between);
        } else if (part instanceof Content(String read, int from, int to)) {
          done = range(text, read, from, to, done, between);
        }
      }
      between.append(text.substring(done));
      if (answer.calls().isEmpty()) {
        assertThat(between.toString().replace("<think>", "").replace("</think>", ""))
            .as(text)
            .isBlank();
      }
    }
  }

  private static int range(
      String text, String read, int from, int to, int done, StringBuilder between) {
    assertThat(from).isGreaterThanOrEqualTo(done).isLessThan(to);
    assertThat(read).isEqualTo(text.substring(from, to));
    between.append(text, done, from);
    return to;
  }

  @ParameterizedTest
  @EnumSource
  void callsBeginOnceInOrderAndEnd(TemplateStyle style) {
    var random = new Random(17);
    var texts = new GeneratedAnswers(style.format().answer(), random);
    int seen = 0;
    for (int i = 0; i < TEXTS; i++) {
      var answer = Answer.read(style.format().answer(), AnswerStart.EITHER, texts.next());
      int begun = 0;
      boolean open = false;
      for (var part : answer.parts()) {
        switch (part) {
          case CallStarted(int index, String name) -> {
            assertThat(open).isFalse();
            assertThat(index).isEqualTo(begun++);
            assertThat(Answer.TOOLS).contains(name);
            open = true;
          }
          case CallArguments(int index, String arguments) -> {
            assertThat(open).isTrue();
            assertThat(index).isEqualTo(begun - 1);
            assertThat(arguments).isNotEmpty();
          }
          case CallEnded(int index) -> {
            assertThat(open).isTrue();
            assertThat(index).isEqualTo(begun - 1);
            open = false;
          }
          case Content _, Reasoning _ -> assertThat(open).isFalse();
        }
      }
      assertThat(open).isFalse();
      seen += begun;
    }
    assertThat(seen > 0).isEqualTo(style.format().answer().tools().isPresent());
  }

  @ParameterizedTest
  @EnumSource
  void textWithoutMarkersIsHeldBackOnlyWhereAMarkerMayBegin(TemplateStyle style) {
    var random = new Random(19);
    var format = style.format().answer();
    List<String> markers = new ArrayList<>(CallMarkers.of(format.tools(), Answer.TOOLS).open());
    var words =
        List.of("a", "Hello", " ", "\n", "<", "<t", "<｜", "|", ">", "}", "\"", "é", "𝄞", "[T");
    for (int i = 0; i < TEXTS; i++) {
      var parser = parser(format, AnswerStart.CONTENT, false);
      var text = new StringBuilder();
      var passed = new StringBuilder();
      for (int count = random.nextInt(12); count > 0; count--) {
        String word = words.get(random.nextInt(words.size()));
        text.append(word);
        parser.append(word).forEach(part -> passed.append(((Content) part).text()));
        boolean begun = !text.toString().isBlank();
        if (begun && text.toString().strip().length() > CallMarkers.PYTHON.length()) {
          assertThat(text.substring(passed.length()))
              .satisfiesAnyOf(
                  held -> assertThat(held).isBlank(),
                  held ->
                      assertThat(markers)
                          .anyMatch(marker -> marker.startsWith(held.stripLeading())));
        }
      }
      parser.finish().forEach(part -> passed.append(((Content) part).text()));
      assertThat(passed.toString()).isEqualTo(text.toString());
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "WITHOUT_TOOLS")
  void callsThatTheTemplateWritesAreReadAgain(TemplateStyle style) {
    var random = new Random(23);
    var objects = new GeneratedAnswers(AnswerFormat.PLAIN, random);
    boolean several = !style.name().contains("LLAMA");
    for (int i = 0; i < 300; i++) {
      List<Object> calls = new ArrayList<>();
      List<String> expected = new ArrayList<>();
      for (int count = several ? 1 + random.nextInt(3) : 1; count > 0; count--) {
        String name = List.of("get_weather", "get_time", "get").get(random.nextInt(3));
        String arguments = GeneratedAnswers.json(objects.object(2));
        expected.add(name + "(" + normalized(arguments) + ")");
        calls.add(
            Map.of(
                "id",
                "call0000" + count,
                "type",
                "function",
                "function",
                Map.of("name", name, "arguments", arguments)));
      }
      String turn = turn(style, calls);

      assertThat(
              Answer.read(style.format().answer(), AnswerStart.EITHER, turn).calls().stream()
                  .map(AnswerParserPropertyTest::normalizedCall))
          .as(turn)
          .isEqualTo(expected);
    }
  }

  /** What the template writes behind the prompt that the model was given. */
  private static String turn(TemplateStyle style, List<Object> calls) {
    var messages = new ArrayList<Map<String, Object>>();
    messages.add(TemplateProbe.USER);
    var call = new HashMap<String, Object>(Map.of("role", "assistant"));
    call.put("content", null);
    call.put("tool_calls", calls);
    messages.add(call);
    String text =
        style
            .template()
            .render(style.format().conversation().adapted(messages), false, Map.of())
            .orElseThrow();
    String prompt = style.template().generationPrompt(Map.of()).orElseThrow();
    String opened = prompt.replace("<think>\n", "");
    return text.startsWith(opened) ? text.substring(opened.length()) : text;
  }

  private static String normalizedCall(String call) {
    int open = call.indexOf('(');
    return call.substring(0, open + 1)
        + normalized(call.substring(open + 1, call.length() - 1))
        + ")";
  }

  private static String normalized(String json) {
    try {
      return JSON.readTree(json).toString();
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + json, e);
    }
  }

  private static AnswerParser parser(AnswerFormat format, AnswerStart start, boolean awaited) {
    return new AnswerParser(format, start, Answer.TOOLS, awaited);
  }
}
