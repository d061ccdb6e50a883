package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** Requests bent at random, always the same ones: each has an answer, in the right shape. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class JsonFuzzTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int ROUNDS = 1_500;

  private static final String CHAT =
      """
      {"model":"parrot","messages":[{"role":"system","content":"Be"},{"role":"user","content":
      [{"type":"text","text":"Hi"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"a",
      "type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"x",
      "tool_call_id":"a"}],"max_tokens":5,"temperature":1,"top_p":0.5,"logit_bias":{"5":1},"n":2,
      "stop":["x","y"],"seed":1,"logprobs":true,"top_logprobs":2,"stream":true,"stream_options":
      {"include_usage":true},"response_format":{"type":"text"},"tools":[],"user":"u"}""";

  private static final String COMPLETION =
      """
      {"model":"parrot","prompt":[[1,2,3],[4]],"max_tokens":3,"echo":true,"logprobs":1,"n":1,
      "best_of":1,"stop":"q","stream":false,"presence_penalty":0.5,"min_p":0.1,"top_k":3}""";

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;

  private final Random random = new Random(20_261_122);

  @Test
  void bentRequestsAreAnsweredInShape() throws Exception {
    int answered = 0;
    int refused = 0;
    RawConnection connection = new RawConnection(server);
    for (int i = 0; i < ROUNDS; i++) {
      boolean chat = random.nextBoolean();
      byte[] body = bent(chat ? CHAT : COMPLETION);
      String path = chat ? "/v1/chat/completions" : "/v1/completions";
      connection.send("POST", path, Map.of("authorization", "Bearer " + ParrotProfile.KEY), body);
      HttpReply reply = connection.reply();
      String shown = new String(body, StandardCharsets.UTF_8);
      if (reply.status() == 200) {
        answered++;
      } else {
        assertThat(reply.status()).as(shown).isBetween(400, 429);
        assertThat(JSON.readTree(reply.body()).at("/error/code").asText()).as(shown).isNotEmpty();
        refused++;
      }
      if ("close".equals(reply.headers().get("connection"))) {
        connection.close();
        connection = new RawConnection(server);
      }
    }
    connection.close();
    assertThat(answered).isGreaterThan(ROUNDS / 20);
    assertThat(refused).isGreaterThan(ROUNDS / 5);
    // An answer ends with a stop string before the engine has heard that it did.
    Await.until(Duration.ofMinutes(1), "nothing runs", () -> model.engine().stats().running() == 0);
  }

  private byte[] bent(String json) throws IOException {
    ObjectNode tree = (ObjectNode) JSON.readTree(json);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      change(tree);
    }
    byte[] bytes = JSON.writeValueAsBytes(tree);
    if (random.nextInt(4) == 0) {
      for (int i = random.nextInt(4); i >= 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
    }
    return bytes;
  }

  /** Replaces, removes or adds one value anywhere in the tree. */
  private void change(ObjectNode tree) {
    List<JsonNode> containers = new ArrayList<>();
    collect(tree, containers);
    JsonNode container = containers.get(random.nextInt(containers.size()));
    if (container instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = names.isEmpty() ? "x" : names.get(random.nextInt(names.size()));
      switch (random.nextInt(4)) {
        case 0 -> object.remove(name);
        case 1 -> object.set(text(), value());
        default -> object.set(name, value());
      }
    } else if (container instanceof ArrayNode array) {
      if (array.isEmpty() || random.nextInt(3) == 0) {
        array.add(value());
      } else if (random.nextBoolean()) {
        array.remove(random.nextInt(array.size()));
      } else {
        array.set(random.nextInt(array.size()), value());
      }
    }
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node.isContainerNode()) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  private JsonNode value() {
    return switch (random.nextInt(10)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(random.nextBoolean());
      case 2 -> NODES.numberNode(random.nextInt(-3, 600));
      case 3 -> NODES.numberNode(random.nextLong());
      case 4 -> NODES.numberNode(random.nextDouble(-3, 3));
      case 5 -> NODES.numberNode(new BigInteger(200, random));
      case 6 -> NODES.textNode(text());
      case 7 -> NODES.arrayNode().add(random.nextInt(512)).add(text());
      case 8 -> NODES.objectNode().put(text(), text());
      default -> nested(random.nextInt(120));
    };
  }

  private static JsonNode nested(int depth) {
    ArrayNode outer = NODES.arrayNode();
    ArrayNode inner = outer;
    for (int i = 0; i < depth; i++) {
      inner = inner.addArray();
    }
    return outer;
  }

  private String text() {
    String[] words = {
      "", "user", "text", "parrot", "<|im_end|>", "\u0000", "é", "🌍", "stream", "5", "-1", "n"
    };
    return words[random.nextInt(words.length)];
  }
}
