package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/**
 * Requests and their exact answers, as files to read: src/test/resources/golden. Only what differs
 * each time is replaced by a word: the id and the time. To take over a wanted change, run with
 * {@code -Dgolden.record=true} and read the difference.
 */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class GoldenTest {

  private static final Path FOLDER = Path.of("src/test/resources/golden");
  private static final boolean RECORD = Boolean.getBoolean("golden.record");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @TestHTTPResource("/")
  URI server;

  static List<Path> conversations() throws IOException {
    return filesOf("conversations");
  }

  /** What clients send, with their names and versions. */
  static List<Path> clients() throws IOException {
    return filesOf("clients");
  }

  static List<Path> badInput() throws IOException {
    return filesOf("bad_input");
  }

  private static List<Path> filesOf(String folder) throws IOException {
    try (Stream<Path> files = Files.list(FOLDER.resolve(folder))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource({"conversations", "clients"})
  void answersExactly(Path file) throws Exception {
    ObjectNode golden = (ObjectNode) JSON.readTree(file.toFile());
    JsonNode answer = answer(golden.get("request"));
    if (RECORD) {
      golden.set("response", answer);
      Files.writeString(file, JSON.writeValueAsString(golden) + "\n");
    }
    assertThat(answer).isEqualTo(golden.get("response"));
  }

  @ParameterizedTest
  @MethodSource("badInput")
  void refusesExactly(Path file) throws Exception {
    ArrayNode cases = (ArrayNode) JSON.readTree(file.toFile());
    for (JsonNode golden : cases) {
      JsonNode answer = answer(golden.get("request"));
      if (RECORD) {
        ((ObjectNode) golden).set("response", answer);
        continue;
      }
      assertThat(answer).as(golden.get("about").textValue()).isEqualTo(golden.get("response"));
    }
    if (RECORD) {
      Files.writeString(file, JSON.writeValueAsString(cases) + "\n");
    }
  }

  private JsonNode answer(JsonNode request) throws IOException {
    try (RawConnection connection = new RawConnection(server)) {
      connection.send(
          request.get("method").textValue(),
          request.get("path").textValue(),
          headers(request),
          body(request));
      HttpReply reply = connection.reply();
      ObjectNode answer = JSON.createObjectNode().put("status", reply.status());
      if (reply.headers().get("content-type").startsWith("text/event-stream")) {
        events(String.join("", reply.chunks()), answer.putArray("events"));
      } else {
        answer.set("body", tree(reply.body()));
      }
      return answer;
    }
  }

  private static Map<String, String> headers(JsonNode request) {
    Map<String, String> headers = new LinkedHashMap<>();
    request
        .path("headers")
        .properties()
        .forEach(header -> headers.put(header.getKey(), header.getValue().textValue()));
    if (request.has("x-api-key")) {
      headers.put("x-api-key", request.get("x-api-key").textValue());
    } else {
      String key = "Bearer " + ParrotProfile.KEY;
      headers.put("authorization", request.path("authorization").asText(key));
    }
    return headers;
  }

  /** Bodies that are not JSON stand in the files as text. */
  private static byte[] body(JsonNode request) throws IOException {
    if (request.has("text")) {
      return request.get("text").textValue().getBytes(StandardCharsets.UTF_8);
    }
    if (!request.has("body")) {
      return null;
    }
    ObjectNode body = request.get("body").deepCopy();
    // Prefixes left by other tests would show in the usage.
    String user = UUID.randomUUID().toString();
    if (request.get("path").textValue().contains("/messages")) {
      if (!body.has("metadata")) {
        body.putObject("metadata").put("user_id", user);
      }
    } else if (!body.has("user_id")) {
      body.put("user_id", user);
    }
    return JSON.writeValueAsBytes(body);
  }

  /** A stream's events; one with a name as an object of name and data, a comment as its line. */
  private static void events(String stream, ArrayNode events) throws IOException {
    for (String event : stream.split("\n\n")) {
      String name = null;
      JsonNode data = null;
      for (String line : event.split("\n")) {
        if (line.startsWith(":")) {
          data = events.textNode(line);
        } else if (line.startsWith("event: ")) {
          name = line.substring("event: ".length());
        } else {
          assertThat(line).startsWith("data: ");
          String json = line.substring("data: ".length());
          data = json.equals("[DONE]") ? events.textNode(json) : tree(json);
        }
      }
      events.add(
          name == null ? data : JSON.createObjectNode().put("event", name).set("data", data));
    }
  }

  private static JsonNode tree(String json) throws IOException {
    JsonNode tree = JSON.readTree(json);
    replaceWhatDiffers(tree);
    return tree;
  }

  private static void replaceWhatDiffers(JsonNode node) {
    node.forEach(GoldenTest::replaceWhatDiffers);
    if (!(node instanceof ObjectNode object)) {
      return;
    }
    for (String name : List.of("id", "item_id", "call_id", "response_id", "request_id")) {
      if (object.path(name).isTextual()) {
        object.put(name, object.get(name).textValue().replaceAll("([-_])[0-9a-f]{24,}$", "$1ID"));
      }
    }
    boolean answer = !object.path("object").asText().equals("model");
    for (String name : List.of("created", "created_at", "completed_at")) {
      if (answer && object.path(name).isNumber()) {
        object.put(name, "TIME");
      }
    }
  }
}
