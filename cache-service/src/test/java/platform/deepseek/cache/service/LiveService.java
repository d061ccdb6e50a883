package platform.deepseek.cache.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.http.TestHTTPResource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The whole service on its real parts, asked over HTTP: what its tests have in common. */
abstract class LiveService {

  static final ObjectMapper JSON = new ObjectMapper();
  static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TestHTTPResource("/")
  URI root;

  HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(root.resolve(path))
        .header("x-deepseek-service-key", RealParts.SERVICE_KEY)
        .timeout(Duration.ofSeconds(30));
  }

  static HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return CLIENT.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  JsonNode lookup(JsonNode body) {
    HttpResponse<String> response =
        send(to("/v1/lookups").POST(BodyPublishers.ofString(body.toString())));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return json(response.body());
  }

  String outcome(JsonNode question) {
    return lookup(question).get("outcome").textValue();
  }

  HttpResponse<String> store(JsonNode lease, String entry) {
    return send(
        to("/v1/entries/" + lease.get("key").textValue())
            .header("x-deepseek-lease", lease.get("lease").textValue())
            .PUT(BodyPublishers.ofString(entry)));
  }

  /** The example's lookup as a question that nobody has asked yet. */
  static ObjectNode question() {
    return question(UUID.randomUUID().toString());
  }

  static ObjectNode question(String text) {
    ObjectNode body = (ObjectNode) example("lookup-request");
    ((ObjectNode) body.at("/request/messages/1")).put("content", text);
    return body;
  }

  static String text(String file) {
    try (InputStream in = LiveService.class.getResourceAsStream("/contract/" + file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode example(String name) {
    return json(text(name + ".json"));
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Same fields in both, of the same kinds; numbers and flags of the same kind may differ. */
  static void requireSameShape(JsonNode example, JsonNode real) {
    assertThat(real.getNodeType()).as("%s like %s", real, example).isEqualTo(example.getNodeType());
    if (example.isObject()) {
      List<String> expected = new ArrayList<>();
      example.fieldNames().forEachRemaining(expected::add);
      List<String> got = new ArrayList<>();
      real.fieldNames().forEachRemaining(got::add);
      assertThat(got).containsExactlyInAnyOrderElementsOf(expected);
      expected.forEach(name -> requireSameShape(example.get(name), real.get(name)));
    }
  }
}
