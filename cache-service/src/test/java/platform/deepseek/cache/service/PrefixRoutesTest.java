package platform.deepseek.cache.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Blocks of prefixes, as the contract says them. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
class PrefixRoutesTest extends LiveService {

  private static final int BLOCK = 300_000;
  private final Random random = new Random();

  private record Block(String name, byte[] bytes) {}

  @Test
  void theLongestKnownPrefixIsTheOneBeforeTheFirstGap() throws Exception {
    List<Block> blocks = blocks(20);
    List<Block> written = new ArrayList<>(blocks);
    written.remove(15);
    HttpResponse<byte[]> reply = write("t", written);
    assertThat(reply.statusCode()).isEqualTo(200);
    JsonNode counts = JSON.readTree(reply.body());
    requireSameShape(example("prefix-write-reply"), counts);
    assertThat(counts.get("stored").intValue()).isEqualTo(19);
    assertThat(counts.get("refused").intValue()).isZero();
    HttpResponse<byte[]> known = post("/v1/prefixes/lookups", "t", names(blocks));
    requireSameShape(example("prefix-lookup-reply"), JSON.readTree(known.body()));
    assertThat(JSON.readTree(known.body()).get("known").intValue()).isBetween(15, 20);
    HttpResponse<byte[]> read = post("/v1/prefixes/reads", "t", names(blocks));
    assertThat(read.headers().firstValue("x-deepseek-blocks")).isPresent();
    assertThat(frames(read.body())).hasSize(15);
    List<byte[]> frames = frames(read.body());
    for (int i = 0; i < 15; i++) {
      assertThat(frames.get(i)).isEqualTo(blocks.get(i).bytes());
    }
  }

  @Test
  void aBlockIsItsTenantsOnly() throws Exception {
    List<Block> blocks = blocks(3);
    write("t", blocks);
    assertThat(frames(post("/v1/prefixes/reads", "u", names(blocks)).body())).isEmpty();
    assertThat(one("GET", "u", blocks.getFirst().name(), new byte[0]).statusCode()).isEqualTo(404);
  }

  @Test
  void blocksCanBeWrittenAndReadOneByOne() throws Exception {
    Block block = blocks(1).getFirst();
    assertThat(one("GET", "t", block.name(), new byte[0]).statusCode()).isEqualTo(404);
    assertThat(one("PUT", "t", block.name(), block.bytes()).statusCode()).isEqualTo(204);
    assertThat(one("GET", "t", block.name(), new byte[0]).body()).isEqualTo(block.bytes());
    HttpResponse<byte[]> head = one("HEAD", "t", block.name(), new byte[0]);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValue("content-length")).contains(Integer.toString(BLOCK));
  }

  @Test
  void whatIsNoBlockIsRefused() throws Exception {
    assertThat(one("GET", "t", "abc", new byte[0]).statusCode()).isEqualTo(400);
    byte[] frame = ByteBuffer.allocate(40).putInt(32, -5).array();
    assertThat(put("/v1/prefixes", "t", frame).statusCode()).isEqualTo(400);
    HttpRequest nobody =
        to("/v1/prefixes/lookups").POST(BodyPublishers.ofString("{\"names\":[]}")).build();
    assertThat(CLIENT.send(nobody, BodyHandlers.ofString()).statusCode()).isEqualTo(400);
  }

  @Test
  void aTenantThatIsPurgedLosesItsBlocks() throws Exception {
    List<Block> blocks = blocks(2);
    write("purged", blocks);
    assertThat(frames(post("/v1/prefixes/reads", "purged", names(blocks)).body())).hasSize(2);
    HttpResponse<String> purged = send(to("/v1/tenants/purged").DELETE());
    requireSameShape(example("purge-reply"), json(purged.body()));
    assertThat(frames(post("/v1/prefixes/reads", "purged", names(blocks)).body())).isEmpty();
  }

  private List<Block> blocks(int count) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] name = new byte[32];
      random.nextBytes(name);
      byte[] bytes = new byte[BLOCK];
      random.nextBytes(bytes);
      blocks.add(new Block(HexFormat.of().formatHex(name), bytes));
    }
    return blocks;
  }

  private HttpResponse<byte[]> write(String tenant, List<Block> blocks) throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Block block : blocks) {
      body.writeBytes(HexFormat.of().parseHex(block.name()));
      body.writeBytes(ByteBuffer.allocate(4).putInt(block.bytes().length).array());
      body.writeBytes(block.bytes());
    }
    return put("/v1/prefixes", tenant, body.toByteArray());
  }

  private HttpResponse<byte[]> put(String path, String tenant, byte[] body) throws Exception {
    return CLIENT.send(
        to(path).header("x-deepseek-tenant", tenant).PUT(BodyPublishers.ofByteArray(body)).build(),
        BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> post(String path, String tenant, JsonNode body) throws Exception {
    return CLIENT.send(
        to(path)
            .header("x-deepseek-tenant", tenant)
            .POST(BodyPublishers.ofString(body.toString()))
            .build(),
        BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> one(String method, String tenant, String name, byte[] body)
      throws Exception {
    return CLIENT.send(
        to("/v1/prefixes/" + name)
            .header("x-deepseek-tenant", tenant)
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  private static JsonNode names(List<Block> blocks) {
    ObjectNode body = JSON.createObjectNode();
    blocks.forEach(block -> body.withArray("names").add(block.name()));
    return body;
  }

  private static List<byte[]> frames(byte[] body) throws IOException {
    List<byte[]> frames = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.wrap(body);
    while (buffer.hasRemaining()) {
      byte[] frame = new byte[buffer.getInt()];
      buffer.get(frame);
      frames.add(frame);
    }
    return frames;
  }
}
