package platform.deepseek.inference.api.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseIncludable;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputText;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** OpenAI's own Java library asks for responses; it checks every shape it gets. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class ResponsesClientTest {

  @TestHTTPResource("/v1")
  URI base;

  private OpenAIClient client;

  @BeforeEach
  void connect() {
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(base.toString())
            .apiKey(ParrotProfile.KEY)
            .maxRetries(0)
            .build();
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private static ResponseCreateParams.Builder ask(String input) {
    return ResponseCreateParams.builder().model("parrot").input(input);
  }

  private static List<ResponseOutputText> texts(Response response) {
    return response.output().stream()
        .flatMap(item -> item.message().stream())
        .flatMap(message -> message.content().stream())
        .flatMap(content -> content.outputText().stream())
        .toList();
  }

  private static String text(Response response) {
    return texts(response).stream().map(ResponseOutputText::text).collect(Collectors.joining());
  }

  @Test
  void aResponseIsAnsweredReadAndDeleted() {
    Response answer = client.responses().create(ask("Good morning").build()).validate();
    assertThat(text(answer)).isEqualTo("Good morning");
    assertThat(answer.status()).contains(ResponseStatus.COMPLETED);
    assertThat(answer.usage().orElseThrow().totalTokens())
        .isEqualTo(
            answer.usage().orElseThrow().inputTokens()
                + answer.usage().orElseThrow().outputTokens());
    assertThat(text(client.responses().retrieve(answer.id()).validate())).isEqualTo("Good morning");
    assertThat(client.responses().inputItems().list(answer.id()).data()).hasSize(1);
    client.responses().delete(answer.id());
    assertThatThrownBy(() -> client.responses().retrieve(answer.id()))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("not found");
  }

  @Test
  void aConversationGoesOn() {
    Response first = client.responses().create(ask("One").instructions("Be brief.").build());
    Response second =
        client.responses().create(ask("Two").previousResponseId(first.id()).build()).validate();
    assertThat(text(second)).isEqualTo("Two");
    assertThat(second.previousResponseId()).contains(first.id());
    assertThat(client.responses().inputItems().list(second.id()).data()).hasSize(3);
    assertThatThrownBy(
            () -> client.responses().create(ask("a").previousResponseId("resp_none").build()))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            e -> assertThat(e.code()).contains("previous_response_not_found"));
  }

  @Test
  void eventsJoinToTheResponse() {
    List<ResponseStreamEvent> events;
    try (StreamResponse<ResponseStreamEvent> stream =
        client.responses().createStreaming(ask("Grüße aus 東京").build())) {
      events = stream.stream().map(ResponseStreamEvent::validate).toList();
    }
    assertThat(events.getFirst().isCreated()).isTrue();
    assertThat(
            events.stream()
                .flatMap(event -> event.outputTextDelta().stream())
                .map(delta -> delta.delta())
                .collect(Collectors.joining()))
        .isEqualTo("Grüße aus 東京");
    assertThat(text(events.getLast().asCompleted().response())).isEqualTo("Grüße aus 東京");
  }

  @Test
  void logProbabilitiesComeAsAsked() {
    Response answer =
        client
            .responses()
            .create(
                ask("Hi")
                    .addInclude(ResponseIncludable.MESSAGE_OUTPUT_TEXT_LOGPROBS)
                    .topLogprobs(2)
                    .build())
            .validate();
    assertThat(texts(answer).getFirst().logprobs().orElseThrow())
        .isNotEmpty()
        .allSatisfy(token -> assertThat(token.topLogprobs()).hasSize(2));
  }

  @Test
  void itemsOfAnAnswerCanBeSentBackAsTheyCame() {
    Response first = client.responses().create(ask("One").store(false).build());
    List<ResponseInputItem> items =
        List.of(
            ResponseInputItem.ofResponseOutputMessage(first.output().getFirst().asMessage()),
            ResponseInputItem.ofFunctionCallOutput(
                ResponseInputItem.FunctionCallOutput.builder()
                    .callId("call_1")
                    .output("Snow")
                    .build()),
            ResponseInputItem.ofMessage(
                ResponseInputItem.Message.builder()
                    .role(ResponseInputItem.Message.Role.USER)
                    .addInputTextContent("Two")
                    .build()));
    Response second =
        client
            .responses()
            .create(ResponseCreateParams.builder().model("parrot").inputOfResponse(items).build());
    assertThat(text(second)).isEqualTo("Two");
  }

  @Test
  void aResponseRunsInTheBackground() {
    Response queued = client.responses().create(ask("Later").background(true).build()).validate();
    assertThat(queued.background()).contains(true);
    Await.until(
        Duration.ofMinutes(1),
        "it is completed",
        () ->
            client
                .responses()
                .retrieve(queued.id())
                .status()
                .orElseThrow()
                .equals(ResponseStatus.COMPLETED));
    assertThat(text(client.responses().retrieve(queued.id()))).isEqualTo("Later");
  }
}
