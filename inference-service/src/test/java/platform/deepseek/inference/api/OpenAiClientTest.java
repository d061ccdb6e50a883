package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionPredictionContent;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.completions.CompletionUsage;
import com.openai.models.models.Model;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** OpenAI's own Java library against the running service. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class OpenAiClientTest {

  @TestHTTPResource("/v1")
  URI base;

  private OpenAIClient client;

  @BeforeEach
  void connect() {
    client = client(ParrotProfile.KEY);
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder().baseUrl(base.toString()).apiKey(key).maxRetries(0).build();
  }

  private static ChatCompletionCreateParams.Builder chat(String message) {
    return ChatCompletionCreateParams.builder().model("parrot").addUserMessage(message);
  }

  @Test
  void aChatIsAnswered() {
    ChatCompletion answer = client.chat().completions().create(chat("Good morning").build());

    assertThat(answer.validate().choices()).hasSize(1);
    ChatCompletion.Choice choice = answer.choices().getFirst();
    assertThat(choice.message().content()).contains("Good morning");
    assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertThat(answer.usage().orElseThrow().totalTokens())
        .isEqualTo(
            answer.usage().orElseThrow().promptTokens()
                + answer.usage().orElseThrow().completionTokens());
  }

  @Test
  void aStreamOfChunksJoinsToTheAnswerAndEndsWithTheUsage() {
    ChatCompletionCreateParams request =
        chat("Grüße aus 東京")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    List<ChatCompletionChunk> chunks;
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(request)) {
      chunks = stream.stream().map(ChatCompletionChunk::validate).toList();
    }

    assertThat(
            chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .flatMap(choice -> choice.delta().content().stream())
                .collect(Collectors.joining()))
        .isEqualTo("Grüße aus 東京");
    assertThat(chunks.stream().map(ChatCompletionChunk::id).distinct()).hasSize(1);
    assertThat(chunks.getLast().choices()).isEmpty();
    assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isPositive();
  }

  @Test
  void predictionThatCameTrueIsCountedAsAccepted() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                chat("one two three four")
                    .prediction(
                        ChatCompletionPredictionContent.builder()
                            .content("one two three four")
                            .build())
                    .build());

    assertThat(answer.choices().getFirst().message().content()).contains("one two three four");
    CompletionUsage usage = answer.usage().orElseThrow();
    CompletionUsage.CompletionTokensDetails details = usage.completionTokensDetails().orElseThrow();
    assertThat(details.acceptedPredictionTokens()).contains(usage.completionTokens());
    assertThat(details.rejectedPredictionTokens()).contains(0L);
  }

  @Test
  void choicesAndLogProbabilitiesComeAsAsked() {
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(chat("Hi").n(3).logprobs(true).topLogprobs(2).seed(11).build());

    assertThat(answer.validate().choices())
        .hasSize(3)
        .allSatisfy(
            choice -> {
              assertThat(choice.logprobs().orElseThrow().content().orElseThrow())
                  .hasSize(2)
                  .allSatisfy(token -> assertThat(token.topLogprobs()).hasSize(2));
              assertThat(choice.message().content()).contains("Hi");
            });
  }

  @Test
  void aCompletionIsAnsweredWithItsPromptInFront() {
    Completion answer =
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model(CompletionCreateParams.Model.of("parrot"))
                    .prompt("ab")
                    .maxTokens(2)
                    .echo(true)
                    .logprobs(1)
                    .build());

    // Not validated: the library's check cannot bear OpenAI's own null for the first token.
    assertThat(answer.choices().getFirst().text()).startsWith("ab");
    assertThat(answer.choices().getFirst().logprobs().orElseThrow().textOffset().orElseThrow())
        .startsWith(0L);
  }

  @Test
  void modelsAreListedAndFoundById() {
    assertThat(client.models().list().data()).extracting(Model::id).containsExactly("parrot");
    assertThat(client.models().retrieve("parrot").validate().ownedBy())
        .isEqualTo("deepseek-platform");
  }

  @Test
  void errorsReachTheClientAsItsOwnExceptions() {
    assertThatThrownBy(() -> client.models().retrieve("other"))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("The model 'other' does not exist here");
    assertThatThrownBy(
            () -> client.chat().completions().create(chat("Hi").temperature(9.0).build()))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            e -> {
              assertThat(e.code()).contains("invalid_value");
              assertThat(e.param()).contains("temperature");
              assertThat(e.type()).contains("invalid_request_error");
            });
    OpenAIClient stranger = client("sk-stranger");
    assertThatThrownBy(() -> stranger.models().list())
        .isInstanceOfSatisfying(
            UnauthorizedException.class, e -> assertThat(e.code()).contains("invalid_api_key"));
    stranger.close();
  }
}
