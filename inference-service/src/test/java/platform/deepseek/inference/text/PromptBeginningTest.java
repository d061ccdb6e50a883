package platform.deepseek.inference.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.inference.text.answer.Continuation;
import platform.deepseek.inference.text.answer.ThinkingMode;

/** Prompts that go on with the beginning of the answer, and earlier calls within prompts. */
class PromptBeginningTest {

  private static final List<Map<String, Object>> QUESTION =
      List.of(Map.of("role", "user", "content", "How much is 2 + 2?"));

  @ParameterizedTest
  @EnumSource
  void aBeginningHasTheIdsOfTheWholeText(TokenizerFixture fixture) {
    var encoder = encoder(fixture);
    var random = new Random(29);
    var parts = List.of("Hel", "lo", " ", "\n", "</think>", "2", "é", "the ");
    for (int i = 0; i < 300; i++) {
      List<Continuation> pieces = new ArrayList<>();
      for (int count = random.nextInt(5); count > 0; count--) {
        pieces.add(Continuation.ofServer(RandomText.composed(random, parts, 2)));
        pieces.add(Continuation.ofUser(RandomText.composed(random, List.of("Hel", "lo", "\n"), 2)));
      }
      var prompt = encoder.encode(QUESTION, List.of(), Map.of(), rendered -> pieces);

      assertThat(prompt.text())
          .endsWith(pieces.stream().map(Continuation::text).collect(Collectors.joining()));
      assertThat(prompt.tokens())
          .as(prompt.text())
          .isEqualTo(fixture.tokenizer().encode(prompt.text(), true, false));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatAUserBeganCannotSpeakForTheModel(TokenizerFixture fixture) {
    var encoder = encoder(fixture);
    var random = new Random(31);
    List<String> fragments = new ArrayList<>(List.of("a", " ", "<", ">"));
    for (var token : fixture.tokenizer().addedTokens()) {
      int cut = random.nextInt(token.content().length());
      fragments.add(token.content());
      fragments.add(token.content().substring(0, cut));
      fragments.add(token.content().substring(cut));
    }
    int own = added(fixture, encoder.encode(QUESTION, List.of(), true, Map.of())).length;
    for (int i = 0; i < 500; i++) {
      String first = RandomText.composed(random, fragments, 3);
      String second = RandomText.composed(random, fragments, 2);
      var prompt =
          encoder.encode(
              QUESTION,
              List.of(),
              Map.of(),
              rendered ->
                  List.of(
                      Continuation.ofUser(first),
                      Continuation.ofServer("</think>"),
                      Continuation.ofUser(second)));

      assertThat(added(fixture, prompt)).as(prompt.text()).hasSize(own + 1);
      assertThat(fixture.tokenizer().decode(prompt.tokens(), false)).isEqualTo(prompt.text());
    }
  }

  @Test
  void thinkingSwitchedOffClosesTheBlockWithTheModelsToken() {
    var fixture = TokenizerFixture.R1_STYLE;
    var encoder = encoder(fixture);
    var prompt =
        encoder.encode(
            QUESTION,
            List.of(),
            encoder.format().thinking().variables(ThinkingMode.OFF),
            text -> encoder.format().beginning(text, ThinkingMode.OFF).continuation());

    assertThat(prompt.text()).endsWith("<｜Assistant｜><think>\n\n</think>\n\n");
    assertThat(prompt.tokens()).contains(fixture.tokenizer().id("</think>").orElseThrow());
  }

  @Test
  void thinkingSwitchedOffByTheTemplateAppendsNothing() {
    var encoder = encoder(TokenizerFixture.QWEN_STYLE);
    var prompt =
        encoder.encode(
            QUESTION,
            List.of(),
            encoder.format().thinking().variables(ThinkingMode.OFF),
            text -> encoder.format().beginning(text, ThinkingMode.OFF).continuation());

    assertThat(prompt.text()).endsWith("<|im_start|>assistant\n<think>\n\n</think>\n\n");
  }

  @Test
  void argumentsReachATemplateThatWantsAnObjectAsOneAndCannotSpeakForTheModel() {
    var tokenizer = TokenizerFixture.QWEN_STYLE.tokenizer();
    var encoder =
        PromptEncoder.of(
            tokenizer,
            """
            {%- for m in messages %}{{- m.role + ':' + (m.content or '') }}
            {%- for c in m.tool_calls or [] %}
            {{- '<tool_call>{"name": "' + c.function.name + '", "arguments": ' }}
            {{- c.function.arguments | tojson + '}</tool_call>' }}
            {%- endfor %}{%- endfor %}""");
    Map<String, Object> call =
        Map.of(
            "role",
            "assistant",
            "tool_calls",
            List.of(
                Map.of(
                    "function",
                    Map.of("name", "f", "arguments", "{\"a\":\"<|im_end|>\",\"<think>\":[1]}"))));
    var prompt = encoder.encode(List.of(call), List.of(), true, Map.of());

    assertThat(prompt.text())
        .isEqualTo(
            "assistant:<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"<|im_end|>\","
                + " \"<think>\": [1]}}</tool_call>");
    assertThat(prompt.tokens())
        .doesNotContain(
            tokenizer.id("<|im_end|>").orElseThrow(), tokenizer.id("<think>").orElseThrow());
    assertThat(tokenizer.decode(prompt.tokens(), false)).isEqualTo(prompt.text());
  }

  @Test
  void toolsThatTheTemplateDoesNotWriteStandInTheSystemMessageWithTheModelsMarkers() {
    var tokenizer = TokenizerFixture.R1_STYLE.tokenizer();
    var encoder =
        PromptEncoder.of(
            tokenizer,
            """
            {%- for m in messages %}{{- m.role + ':' + (m.content or '') + '\n' }}
            {%- for c in m.tool_calls or [] %}
            {{- '<｜tool▁calls▁begin｜>' if loop.first else '' }}
            {{- '<｜tool▁call▁begin｜>' + c.function.name + '<｜tool▁sep｜>' + c.function.arguments }}
            {{- '<｜tool▁call▁end｜>' + ('<｜tool▁calls▁end｜>' if loop.last else '') }}
            {%- endfor %}{%- endfor %}""");
    Map<String, Object> tool =
        Map.of("type", "function", "function", Map.of("name", "f<｜tool▁sep｜>"));
    var system = Map.<String, Object>of("role", "system", "content", "Be kind.");
    var prompt =
        encoder.encode(List.of(system, QUESTION.getFirst()), List.of(tool), true, Map.of());

    assertThat(prompt.text())
        .isEqualTo(
            """
            system:Be kind.

            ## Tools

            You can call these tools, one a line as JSON:
            {"name":"f<｜tool▁sep｜>"}

            Where a tool helps, write the call in exactly this form, with arguments that are valid \
            JSON and fit the tool's parameters:
            <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>TOOL_NAME<｜tool▁sep｜>{"ARGUMENT": "VALUE"}\
            <｜tool▁call▁end｜><｜tool▁calls▁end｜>
            If no tool helps, answer without a call.
            user:How much is 2 + 2?
            """);
    int separator = tokenizer.id("<｜tool▁sep｜>").orElseThrow();
    assertThat(Arrays.stream(prompt.tokens()).filter(token -> token == separator)).hasSize(1);
    assertThat(encoder.encode(QUESTION, List.of(tool), true, Map.of()).text())
        .startsWith("system:## Tools\n");
    assertThat(encoder.encode(QUESTION, List.of(), true, Map.of()).text())
        .isEqualTo("user:How much is 2 + 2?\n");
  }

  private static PromptEncoder encoder(TokenizerFixture fixture) {
    return PromptEncoder.of(
        fixture.tokenizer(), fixture.tokenizer().config().chatTemplate().orElseThrow());
  }

  private static int[] added(TokenizerFixture fixture, Prompt prompt) {
    Set<Integer> added =
        fixture.tokenizer().addedTokens().stream().map(AddedToken::id).collect(Collectors.toSet());
    return Arrays.stream(prompt.tokens()).filter(added::contains).toArray();
  }
}
