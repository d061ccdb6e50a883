package platform.deepseek.cache.service;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.cache.Await.soon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lookups, entries and streams, as the contract says them. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class AnswerRoutesTest extends LiveService {

  @Test
  void anAnswerIsComputedOnceAndThenFound() {
    ObjectNode question = question();
    JsonNode lease = lookup(question);
    requireSameShape(example("lookup-lease"), lease);
    JsonNode follow = lookup(question);
    requireSameShape(example("lookup-follow"), follow);
    assertThat(follow.get("stream")).isEqualTo(lease.get("stream"));
    assertThat(store(lease, text("entry-request.json")).statusCode()).isEqualTo(204);
    JsonNode hit = lookup(question);
    requireSameShape(example("lookup-hit"), hit);
    assertThat(hit.get("outcome").textValue()).isEqualTo("hit");
    assertThat(hit.get("tier").textValue()).isEqualTo("L1");
    assertThat(hit.get("key")).isEqualTo(lease.get("key"));
    assertThat(hit.get("entry")).isEqualTo(example("entry-request"));
  }

  @Test
  void whoFollowsReadsEverythingSoFarThenLiveThenTheAnswer() throws Exception {
    ObjectNode question = question();
    JsonNode lease = lookup(question);
    CompletableFuture<HttpResponse<String>> follower =
        CLIENT.sendAsync(
            to("/v1/streams/" + lookup(question).get("stream").textValue()).GET().build(),
            BodyHandlers.ofString());
    HttpResponse<String> led = send(append(lease, text("stream-append.ndjson")));
    assertThat(led.statusCode()).as(led.body()).isEqualTo(204);
    HttpResponse<String> followed = follower.get(30, TimeUnit.SECONDS);
    assertThat(followed.statusCode()).isEqualTo(200);
    assertThat(followed.body()).isEqualTo(text("stream-read.ndjson"));
    HttpResponse<String> late = send(to("/v1/streams/" + lease.get("stream").textValue()).GET());
    assertThat(late.body()).isEqualTo(text("stream-read.ndjson"));
    assertThat(lookup(question).get("entry")).isEqualTo(example("entry-request"));
  }

  @Test
  void aReleasedLeaseGoesToExactlyOneOfThoseWhoFollowed() {
    ObjectNode question = question();
    JsonNode lease = lookup(question);
    String stream = lookup(question).get("stream").textValue();
    HttpResponse<String> released =
        send(
            to("/v1/leases/" + lease.get("key").textValue())
                .header("x-deepseek-lease", lease.get("lease").textValue())
                .DELETE());
    assertThat(released.statusCode()).isEqualTo(204);
    assertThat(send(to("/v1/streams/" + stream).GET()).body()).isEqualTo("{\"end\":\"lost\"}\n");
    assertThat(List.of(outcome(question), outcome(question), outcome(question)))
        .containsExactly("lease", "follow", "follow");
    HttpResponse<String> late = store(lease, text("entry-request.json"));
    assertThat(late.statusCode()).isEqualTo(409);
    assertThat(json(late.body())).isEqualTo(example("entry-refused"));
  }

  @Test
  void aLeaderThatEndsWithoutAnAnswerIsLost() {
    ObjectNode question = question();
    JsonNode lease = lookup(question);
    assertThat(send(append(lease, "{\"data\":{\"content\":\"Par\"}}\n")).statusCode())
        .isEqualTo(400);
    assertThat(send(to("/v1/streams/" + lease.get("stream").textValue()).GET()).body())
        .isEqualTo("{\"seq\":0,\"data\":{\"content\":\"Par\"}}\n{\"end\":\"lost\"}\n");
    assertThat(outcome(question)).isEqualTo("lease");
  }

  @Test
  void whenALeadersConnectionBreaksItsFollowersHearItAtOnce() throws Exception {
    ObjectNode question = question();
    JsonNode lease = lookup(question);
    CompletableFuture<HttpResponse<String>> follower =
        CLIENT.sendAsync(
            to("/v1/streams/" + lease.get("stream").textValue()).GET().build(),
            BodyHandlers.ofString());
    String chunk = "{\"data\":\"x\"}\n";
    try (Socket leader = new Socket(root.getHost(), root.getPort())) {
      leader
          .getOutputStream()
          .write(
              """
              PUT /v1/streams/%s HTTP/1.1\r
              host: cache\r
              x-deepseek-service-key: %s\r
              x-deepseek-lease: %s\r
              transfer-encoding: chunked\r
              \r
              %s\r
              %s\r
              """
                  .formatted(
                      lease.get("stream").textValue(),
                      RealParts.SERVICE_KEY,
                      lease.get("lease").textValue(),
                      Integer.toHexString(chunk.length()),
                      chunk)
                  .getBytes(StandardCharsets.UTF_8));
      leader.getOutputStream().flush();
      soon().until(() -> !follower.isDone());
    }
    assertThat(follower.get(30, TimeUnit.SECONDS).body()).endsWith("{\"end\":\"lost\"}\n");
    assertThat(List.of(outcome(question), outcome(question))).containsExactly("lease", "follow");
  }

  @Test
  void aLeaderThatAbandonsSaysWhy() {
    JsonNode lease = lookup(question());
    assertThat(send(append(lease, "{\"abandon\":\"length\"}\n")).statusCode()).isEqualTo(204);
    assertThat(send(to("/v1/streams/" + lease.get("stream").textValue()).GET()).body())
        .isEqualTo("{\"end\":\"abandoned\",\"reason\":\"length\"}\n");
  }

  @Test
  void whatARequestSaysAboutCachingIsDone() {
    ObjectNode question = question();
    ((ObjectNode) question.get("control")).put("store", false);
    JsonNode pass = lookup(question);
    requireSameShape(example("lookup-pass"), pass);
    ((ObjectNode) question.get("control")).put("store", true);
    assertThat(store(lookup(question), text("entry-request.json")).statusCode()).isEqualTo(204);
    ((ObjectNode) question.get("control")).put("read", false);
    assertThat(outcome(question)).isEqualTo("lease");
    ((ObjectNode) question.get("control")).put("read", true);
    assertThat(outcome(question)).isEqualTo("hit");
  }

  @Test
  void onlyAnswersThatEndedWithStopAreKept() {
    ObjectNode question = question();
    JsonNode lease = lookup(question);
    ObjectNode entry = (ObjectNode) example("entry-request");
    HttpResponse<String> refused = store(lease, entry.put("finishReason", "length").toString());
    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(json(refused.body()).at("/error/code").textValue()).isEqualTo("not_cacheable");
  }

  @Test
  void aLeaseIsGoodForItsOwnKeyOnly() {
    JsonNode mine = lookup(question());
    ObjectNode other = (ObjectNode) lookup(question());
    other.set("lease", mine.get("lease"));
    assertThat(store(other, text("entry-request.json")).statusCode()).isEqualTo(400);
    other.put("lease", "bGlrZS10aGlzLXNlYWxlZC10b2tlbg");
    assertThat(store(other, text("entry-request.json")).statusCode()).isEqualTo(400);
  }

  @Test
  void onlyServicesMayAsk() {
    for (String route :
        List.of(
            "POST /v1/lookups",
            "PUT /v1/entries/x",
            "DELETE /v1/entries/x",
            "PUT /v1/streams/x",
            "GET /v1/streams/x",
            "PUT /v1/prefixes",
            "POST /v1/prefixes/reads",
            "GET /v1/statistics",
            "DELETE /v1/tenants/x")) {
      String[] parts = route.split(" ");
      HttpResponse<String> response =
          send(
              HttpRequest.newBuilder(root.resolve(parts[1]))
                  .method(parts[0], BodyPublishers.noBody()));
      assertThat(response.statusCode()).as(route).isEqualTo(401);
      assertThat(json(response.body())).isEqualTo(example("error"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{                                | invalid_json",
        "[]                               | invalid_json",
        "{}                               | missing_required_parameter",
        "{\"tenant\":1}                   | missing_required_parameter",
        "{\"unknown\":1}                  | unknown_parameter",
        "{\"tenant\":\"a\",\"tenant\":1}  | invalid_json"
      })
  void whatIsNoLookupIsRefused(String body, String code) {
    HttpResponse<String> response = send(to("/v1/lookups").POST(BodyPublishers.ofString(body)));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response.body()).at("/error/code").textValue()).isEqualTo(code);
  }

  @Test
  void halfASurrogatePairHasNoKey() {
    String body = question("HERE").toString().replace("HERE", "\\ud800");
    HttpResponse<String> response = send(to("/v1/lookups").POST(BodyPublishers.ofString(body)));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response.body()).at("/error/code").textValue()).isEqualTo("invalid_value");
  }

  private HttpRequest.Builder append(JsonNode lease, String lines) {
    return to("/v1/streams/" + lease.get("stream").textValue())
        .header("x-deepseek-lease", lease.get("lease").textValue())
        .PUT(BodyPublishers.ofString(lines));
  }
}
