package platform.deepseek.inference.api.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;

/** Responses over time: they are kept, go on, run in the background, and end when they should. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class ResponsesTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final String PATH = "/v1/responses";
  private static final String ENDLESS =
      "\"input\":\"%s\"".formatted("on and on ".repeat(400)); // takes a while at a slow pace

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;
  @Inject ResponseStore store;
  @Inject MeterRegistry meters;

  @AfterEach
  void letTheParrotFinish() {
    parrot.pace(0);
    Await.until(SOON, "the engine is idle", () -> running() == 0);
  }

  private int running() {
    return model.engine().stats().running() + model.engine().stats().waiting();
  }

  private double cancelled() {
    return meters.counter("deepseek.requests", "outcome", "cancelled").count();
  }

  private HttpReply call(String method, String path, String body) throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      if (body == null) {
        connection.send(method, path, Map.of("authorization", "Bearer " + ParrotProfile.KEY), null);
      } else {
        connection.post(path, ParrotProfile.KEY, body);
      }
      return connection.reply();
    }
  }

  private static String body(String fields) {
    return "{\"model\":\"parrot\"," + fields + "}";
  }

  private JsonNode create(String fields) throws IOException {
    HttpReply reply = call("POST", PATH, body(fields));
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return JSON.readTree(reply.body());
  }

  private JsonNode get(String path) throws IOException {
    HttpReply reply = call("GET", PATH + "/" + path, null);
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return JSON.readTree(reply.body());
  }

  private static String id(JsonNode object) {
    return object.get("id").textValue();
  }

  private String status(String id) {
    try {
      return get(id).get("status").textValue();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> texts(JsonNode items) {
    List<String> texts = new ArrayList<>();
    items.forEach(item -> texts.add(item.at("/content/0/text").textValue()));
    return texts;
  }

  private void assertError(HttpReply reply, int status, String message) throws IOException {
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    assertThat(JSON.readTree(reply.body()).at("/error/message").textValue()).contains(message);
  }

  @Test
  void aResponseIsReadAgainAsItWasAnswered() throws Exception {
    JsonNode answered = create("\"input\":\"Hello\",\"metadata\":{\"a\":\"b\"}");
    assertThat(get(id(answered))).isEqualTo(answered);
  }

  @Test
  void aStreamedResponseIsReadAgainAsItsLastEventHasIt() throws Exception {
    HttpReply reply = call("POST", PATH, body("\"input\":\"Hello\",\"stream\":true"));
    String last = reply.chunks().getLast();
    assertThat(last).startsWith("event: response.completed\n");
    JsonNode told = JSON.readTree(last.substring(last.indexOf("data: ") + 6)).get("response");
    assertThat(reply.headers()).containsEntry("x-request-id", id(told));
    assertThat(get(id(told))).isEqualTo(told);
  }

  @Test
  void whatIsNotStoredIsNotThere() throws Exception {
    JsonNode answered = create("\"input\":\"Hello\",\"store\":false");
    assertError(call("GET", PATH + "/" + id(answered), null), 404, "not found");
    assertError(
        call(
            "POST",
            PATH,
            body("\"input\":\"a\",\"previous_response_id\":\"%s\"".formatted(id(answered)))),
        400,
        "Previous response with id '%s' not found.".formatted(id(answered)));
  }

  @Test
  void aDeletedResponseIsGoneAndItsConversationGoesOn() throws Exception {
    JsonNode first = create("\"input\":\"One\"");
    JsonNode second =
        create("\"input\":\"Two\",\"previous_response_id\":\"%s\"".formatted(id(first)));
    HttpReply deleted = call("DELETE", PATH + "/" + id(first), null);

    assertThat(JSON.readTree(deleted.body()))
        .isEqualTo(
            JSON.readTree(
                "{\"id\":\"%s\",\"object\":\"response\",\"deleted\":true}".formatted(id(first))));
    assertError(call("GET", PATH + "/" + id(first), null), 404, "not found");
    JsonNode third =
        create("\"input\":\"Three\",\"previous_response_id\":\"%s\"".formatted(id(second)));
    assertThat(texts(get(id(third) + "/input_items?order=asc").get("data")))
        .containsExactly("One", "One", "Two", "Two", "Three");
  }

  @Test
  void aConversationIsTheSamePromptAsIfItWereSentWhole() throws Exception {
    JsonNode first = create("\"input\":\"One\",\"instructions\":\"Not inherited.\"");
    JsonNode second =
        create("\"input\":\"Two\",\"previous_response_id\":\"%s\"".formatted(id(first)));
    JsonNode whole =
        create(
            """
            "input":[{"role":"user","content":"One"},{"role":"assistant","content":"One"},
            {"role":"user","content":"Two"}]""");
    assertThat(second.at("/usage/input_tokens")).isEqualTo(whole.at("/usage/input_tokens"));
    assertThat(texts(second.get("output"))).containsExactly("Two");
    HttpReply count =
        call(
            "POST",
            PATH + "/input_tokens",
            body("\"input\":\"Two\",\"previous_response_id\":\"%s\"".formatted(id(first))));
    assertThat(JSON.readTree(count.body()).get("input_tokens"))
        .isEqualTo(second.at("/usage/input_tokens"));
  }

  @Test
  void inputItemsComeInPages() throws Exception {
    String message = "{\"role\":\"user\",\"content\":\"%s\"}";
    JsonNode response =
        create(
            "\"input\":[%s,%s,%s]"
                .formatted(message.formatted("a"), message.formatted("b"), message.formatted("c")));
    String path = id(response) + "/input_items?limit=2";
    JsonNode page = get(path);
    assertThat(texts(page.get("data"))).containsExactly("c", "b");
    assertThat(page.get("has_more").booleanValue()).isTrue();
    assertThat(page.get("first_id")).isEqualTo(page.at("/data/0/id"));
    assertThat(page.get("last_id")).isEqualTo(page.at("/data/1/id"));
    JsonNode rest = get(path + "&after=" + page.get("last_id").textValue());
    assertThat(texts(rest.get("data"))).containsExactly("a");
    assertThat(rest.get("has_more").booleanValue()).isFalse();
    assertThat(texts(get(id(response) + "/input_items?order=asc").get("data")))
        .containsExactly("a", "b", "c");
    String items = PATH + "/" + id(response) + "/input_items";
    assertError(call("GET", items + "?limit=0", null), 400, "Invalid 'limit'");
    assertError(call("GET", items + "?order=up", null), 400, "Invalid 'order'");
    assertError(call("GET", items + "?after=msg_x", null), 400, "Invalid 'after'");
  }

  @Test
  void aResponseInTheBackgroundIsAnsweredWithoutItsClient() throws Exception {
    parrot.pace(1_000_000);
    JsonNode queued = create("\"input\":\"Hello there\",\"background\":true");
    assertThat(queued.get("status").textValue()).isEqualTo("queued");
    assertThat(queued.get("output")).isEmpty();
    Await.until(SOON, "it is completed", () -> status(id(queued)).equals("completed"));
    JsonNode answered = get(id(queued));
    assertThat(texts(answered.get("output"))).containsExactly("Hello there");
    assertThat(answered.at("/usage/output_tokens").asInt()).isPositive();
    assertError(
        call("POST", PATH + "/" + id(queued) + "/cancel", null),
        400,
        "Cannot cancel a completed response.");
  }

  @Test
  void cancellingFreesTheSlotAndKeepsWhatThereIs() throws Exception {
    parrot.pace(5_000_000);
    String id = id(create(ENDLESS + ",\"background\":true"));
    Await.until(SOON, "it says something", () -> !output(id).isEmpty());
    HttpReply cancelled = call("POST", PATH + "/" + id + "/cancel", null);
    assertThat(JSON.readTree(cancelled.body()).get("status").textValue()).isEqualTo("cancelled");
    Await.until(SOON, "its slot is free", () -> running() == 0);
    assertThat(status(id)).isEqualTo("cancelled");
    assertThat(output(id).at("/0/status").textValue()).isEqualTo("incomplete");
    assertThat(call("POST", PATH + "/" + id + "/cancel", null).status()).isEqualTo(200);
  }

  private JsonNode output(String id) {
    try {
      return get(id).get("output");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aResponseThatHasAClientCannotBeCancelledByAnother() throws Exception {
    String id = id(create("\"input\":\"Hi\""));
    assertError(
        call("POST", PATH + "/" + id + "/cancel", null),
        400,
        "Cannot cancel a synchronous response.");
  }

  @Test
  void deletingEndsWhatRunsInTheBackground() throws Exception {
    parrot.pace(5_000_000);
    String id = id(create(ENDLESS + ",\"background\":true"));
    Await.until(SOON, "it runs", () -> running() == 1);
    double before = cancelled();
    assertThat(call("DELETE", PATH + "/" + id, null).status()).isEqualTo(200);
    Await.until(SOON, "it is cancelled", () -> cancelled() == before + 1);
    Await.until(SOON, "its slot is free", () -> running() == 0);
  }

  /** A streamed response of which the first event was read. */
  private String begin(RawConnection client, String fields) throws IOException {
    client.post(PATH, ParrotProfile.KEY, body(fields + ",\"stream\":true"));
    String id = client.head().headers().get("x-request-id");
    assertThat(client.chunk()).startsWith("event: response.created\n");
    return id;
  }

  @Test
  void aClientThatLeavesCancelsItsResponse() throws Exception {
    parrot.pace(5_000_000);
    RawConnection client = new RawConnection(server);
    String id = begin(client, ENDLESS);
    assertThat(status(id)).isEqualTo("in_progress");
    client.close();
    Await.until(SOON, "it is cancelled", () -> status(id).equals("cancelled"));
    Await.until(SOON, "its slot is free", () -> running() == 0);
  }

  @Test
  void aResponseInTheBackgroundOutlivesItsStream() throws Exception {
    parrot.pace(2_000_000);
    String id;
    try (RawConnection client = new RawConnection(server)) {
      id = begin(client, "\"input\":\"%s\",\"background\":true".formatted("word ".repeat(30)));
    }
    Await.until(SOON, "it is completed", () -> status(id).equals("completed"));
    assertThat(texts(output(id)).getFirst()).startsWith("word word");
  }

  @Test
  void whoeverListensToACancelledResponseIsTold() throws Exception {
    parrot.pace(5_000_000);
    try (RawConnection client = new RawConnection(server)) {
      String id = begin(client, ENDLESS + ",\"background\":true");
      assertThat(call("POST", PATH + "/" + id + "/cancel", null).status()).isEqualTo(200);
      String last = null;
      for (String chunk = client.chunk(); chunk != null; chunk = client.chunk()) {
        last = chunk;
      }
      assertThat(last)
          .startsWith("event: response.incomplete\n")
          .contains("\"status\":\"cancelled\"");
    }
  }

  @Test
  void aModelThatBreaksOnTheWayFailsTheResponse() throws Exception {
    parrot.pace(5_000_000);
    try (RawConnection client = new RawConnection(server)) {
      String id = begin(client, ENDLESS);
      parrot.failNext();
      String last = null;
      for (String chunk = client.chunk(); chunk != null; chunk = client.chunk()) {
        last = chunk;
      }
      assertThat(last).startsWith("event: response.failed\n");
      JsonNode failed = get(id);
      assertThat(failed.get("status").textValue()).isEqualTo("failed");
      assertThat(failed.at("/error/code").textValue()).isEqualTo("server_error");
    }
  }

  @Test
  void aResponseThatNobodyKnowsIsNotKept() throws Exception {
    int before = store.size();
    parrot.failNext();
    assertThat(call("POST", PATH, body("\"input\":\"Hi\"")).status()).isEqualTo(503);
    parrot.failNext();
    assertThat(call("POST", PATH, body("\"input\":\"Hi\",\"stream\":true")).status())
        .isEqualTo(503);
    assertThat(store.size()).isEqualTo(before);
  }

  @Test
  void aFailureInTheBackgroundIsReadLater() throws Exception {
    parrot.failNext();
    String id = id(create("\"input\":\"Hi\",\"background\":true"));
    Await.until(SOON, "it has failed", () -> status(id).equals("failed"));
  }

  @Test
  void streamingAResponseAgainIsRefused() throws Exception {
    String id = id(create("\"input\":\"Hi\""));
    assertError(
        call("GET", PATH + "/" + id + "?stream=true", null),
        400,
        "Unsupported parameter: 'stream'");
  }
}
