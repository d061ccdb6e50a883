package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** The bytes of a stream, which simple clients split by hand. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class EventBytesTest {

  @TestHTTPResource("/")
  URI server;

  @Test
  void everyEventIsOneLineAfterDataColonSpaceAndOneHttpChunk() throws Exception {
    try (RawConnection connection = new RawConnection(server)) {
      connection.post(
          "/v1/chat/completions",
          ParrotProfile.KEY,
          """
          {"model":"parrot","stream":true,"messages":[{"role":"user","content":"Hello there"}]}""");

      HttpReply reply = connection.reply();

      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.headers())
          .containsEntry("content-type", "text/event-stream; charset=utf-8")
          .containsEntry("cache-control", "no-cache");
      assertThat(reply.chunks()).hasSizeGreaterThan(3);
      assertThat(reply.chunks()).last().isEqualTo("data: [DONE]\n\n");
      assertThat(reply.chunks().subList(0, reply.chunks().size() - 1))
          .allSatisfy(
              chunk -> {
                assertThat(chunk).startsWith("data: {").endsWith("}\n\n");
                assertThat(chunk.strip().lines()).hasSize(1);
              });
    }
  }
}
