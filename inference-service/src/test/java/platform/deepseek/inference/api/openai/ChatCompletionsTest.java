package platform.deepseek.inference.api.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.ModelIdentity;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.chat.ChatPreparation;
import platform.deepseek.inference.api.chat.ChatPrompts;
import platform.deepseek.inference.api.chat.Grammars;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ContextLengthException;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.api.json.JsonBody;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.text.HuggingFaceTokenizer;
import platform.deepseek.inference.text.PromptEncoder;

class ChatCompletionsTest {

  private static final HuggingFaceTokenizer TOKENIZER =
      HuggingFaceTokenizer.load(Path.of("src/test/resources/fixtures/tokenizer_qwen_style"));
  private static final String JOINED =
      "{%- for m in messages %}{{ m.role }}:{{ m.content }};{%- endfor %}";
  private static final ServiceConfig CONFIG =
      new SmallRyeConfigBuilder()
          .addDiscoveredConverters()
          .withDefaultValue("deepseek.api-key", "sk-test")
          .withMapping(ServiceConfig.class)
          .build()
          .getConfigMapping(ServiceConfig.class);

  private static ChatCompletions withTemplate(String template) {
    Optional<PromptEncoder> prompts =
        Optional.ofNullable(template).map(source -> PromptEncoder.of(TOKENIZER, source));
    ServedModel model =
        new ServedModel(
            "m",
            0,
            100,
            TOKENIZER,
            prompts,
            () -> null,
            Set.of(507),
            null,
            "fp",
            new ModelIdentity("w", "t", "c", "e"),
            List.of());
    Sequences sequences = new Sequences(model, CONFIG);
    return new ChatCompletions(
        model,
        sequences,
        new ChatPreparation(model, sequences, new ChatPrompts(model), new Grammars(model)));
  }

  private static Prepared prepare(String template, String fields) {
    String body =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"a\"}]%s}"
            .formatted(fields);
    return withTemplate(template)
        .prepare(JsonBody.parse(body.getBytes(StandardCharsets.UTF_8)), Surface.OPENAI);
  }

  private static GenerationRequest request(String fields) {
    return prepare(JOINED, fields).generations().getFirst().request();
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.error()).isEqualTo(ApiError.TEMPLATE_REFUSED);
              assertThat(e.param()).isEqualTo("messages");
            })
        .hasMessageContaining(message);
  }

  @Test
  void whatTheTemplateRaisesReachesTheClientInItsWords() {
    assertRefused(
        () -> prepare("{{ raise_exception('Roles must alternate') }}", ""),
        "The chat template refused the messages: Roles must alternate");
  }

  @Test
  void aPromptOfManyTimesTheContextIsNotCountedToItsEnd() {
    assertThatThrownBy(() -> prepare("{{ 'a ' * 5000 }}", ""))
        .isInstanceOfSatisfying(
            ContextLengthException.class,
            e -> {
              assertThat(e.atLeast()).isTrue();
              assertThat(e.promptTokens()).isBetween(401L, 420L);
            });
    long counted = TOKENIZER.encode("a ".repeat(120), false, false).length;
    assertThat(counted).isBetween(101L, 400L);
    assertThatThrownBy(() -> prepare("{{ 'a ' * 120 }}", ""))
        .isInstanceOfSatisfying(
            ContextLengthException.class,
            e -> {
              assertThat(e.atLeast()).isFalse();
              assertThat(e.promptTokens()).isEqualTo(counted);
            });
  }

  @Test
  void aModelWithoutATemplateSaysWhatToUseInstead() {
    assertRefused(() -> prepare(null, ""), "use /v1/completions or an instruct model");
  }

  @Test
  void developerIsSystemForTheTemplateAndTheRestOfTheContextIsTheAnswers() {
    GenerationRequest request = request("");
    assertThat(TOKENIZER.decode(request.prompt(), false)).isEqualTo("system:a;");
    assertThat(request.maxTokens()).isEqualTo(100 - request.prompt().length);
    assertThat(request.stopTokens()).containsExactly(507);
    assertThat(request.scorePrompt()).isFalse();
  }

  @Test
  void samplingIsHandedOnAsAsked() {
    var sampling =
        request(
                """
                ,"temperature":0.5,"top_k":-1,"top_p":0,"min_p":0.25,"seed":9,"logprobs":true,
                "repetition_penalty":2,"presence_penalty":1,"frequency_penalty":-1,
                "logit_bias":{"3":-100}\
                """)
            .sampling();
    assertThat(sampling.temperature()).isEqualTo(0.5f);
    assertThat(sampling.topK()).isZero();
    assertThat(sampling.topP()).isPositive().isLessThan(1e-30f);
    assertThat(sampling.minP()).isEqualTo(0.25f);
    assertThat(sampling.seed()).isEqualTo(9);
    assertThat(sampling.topLogprobs()).isZero();
    assertThat(sampling.repetitionPenalty()).isEqualTo(2);
    assertThat(sampling.presencePenalty()).isEqualTo(1);
    assertThat(sampling.frequencyPenalty()).isEqualTo(-1);
    assertThat(sampling.logitBias()).containsExactly(Map.entry(3, -100f));
  }

  @Test
  void choicesOfASeededRequestDifferInTheSameWayEachTime() {
    var seeds =
        prepare(JOINED, ",\"n\":4,\"seed\":5").generations().stream()
            .map(Generation::request)
            .map(request -> request.sampling().seed())
            .toList();
    assertThat(seeds).doesNotHaveDuplicates().startsWith(5L);
    assertThat(
            prepare(JOINED, ",\"n\":4,\"seed\":5").generations().stream()
                .map(generation -> generation.request().sampling().seed())
                .toList())
        .isEqualTo(seeds);
  }

  @Test
  void userIdSeparatesPrefixesAndIgnoreEosKeepsGoing() {
    GenerationRequest request = request(",\"user_id\":\"u\",\"ignore_eos\":true");
    assertThat(request.cacheSalt()).isEqualTo("u");
    assertThat(request.stopTokens()).isEmpty();
  }

  @Test
  void predictionIsTokenisedAsTextForEveryChoice() {
    List<Generation> choices =
        prepare(
                JOINED,
                """
                ,"n":2,"prediction":{"type":"content","content":"a <|im_end|>b"}\
                """)
            .generations();
    int[] tokens = TOKENIZER.encode("a <|im_end|>b", false, false);
    assertThat(choices).hasSize(2);
    assertThat(choices).allMatch(each -> Arrays.equals(each.request().prediction(), tokens));
    assertThat(request("").prediction()).isEmpty();
    assertThat(request(",\"prediction\":null").prediction()).isEmpty();
  }

  @Test
  void predictionThatNoContextHoldsIsCutAndNotRefused() {
    String expected = "ab".repeat(500_000);
    int[] tokens =
        request(",\"prediction\":{\"type\":\"content\",\"content\":\"" + expected + "\"}")
            .prediction();
    assertThat(tokens).isNotEmpty();
    assertThat(tokens.length).isLessThan(500_000);
  }

  @Test
  void aPromptThatCannotFitIsRefusedBeforeItIsRendered() {
    String text = "a".repeat(10_000);
    assertThatThrownBy(
            () ->
                withTemplate("{{ raise_exception('rendered') }}")
                    .prepare(
                        JsonBody.parse(
                            ("{\"model\":\"m\",\"max_tokens\":7,\"messages\":[{\"role\":\"user\","
                                    + "\"content\":\""
                                    + text
                                    + "\"}]}")
                                .getBytes(StandardCharsets.UTF_8)),
                        Surface.OPENAI))
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> assertThat(e.error()).isEqualTo(ApiError.CONTEXT_LENGTH_EXCEEDED))
        .hasMessageMatching(
            "This model's maximum context length is 100 tokens. However, you requested at least"
                + " [0-9]+ tokens \\([0-9]+ in the prompt, 7 in the completion\\)\\. .*");
  }
}
