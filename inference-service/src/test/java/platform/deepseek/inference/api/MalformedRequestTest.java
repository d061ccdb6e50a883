package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** What can be read as HTTP and breaks its rules is the client's fault, in its dialect's words. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class MalformedRequestTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String POST =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer "
          + ParrotProfile.KEY
          + "\r\ncontent-type: application/json\r\n";

  @TestHTTPResource("/")
  URI server;

  private RawConnection client;

  @BeforeEach
  void connect() throws IOException {
    client = new RawConnection(server);
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
  }

  private HttpReply ask(String bytes) throws IOException {
    client.sendBytes(bytes.getBytes(StandardCharsets.UTF_8));
    return client.reply();
  }

  private static void assertMalformed(HttpReply reply) throws IOException {
    assertThat(reply.status()).as(reply.body()).isEqualTo(400);
    JsonNode error = JSON.readTree(reply.body()).get("error");
    assertThat(error.get("code").textValue()).isEqualTo("malformed_request");
    assertThat(error.get("type").textValue()).isEqualTo("invalid_request_error");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET ?a HTTP/1.1\r\nhost: h\r\n\r\n"
      })
  void aLineOrAHostThatIsNoneIsMalformed(String request) throws Exception {
    assertMalformed(ask(request));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nhost: h\r\n\r\n",
        "GET health HTTP/1.1\r\nhost: h\r\n\r\n"
      })
  void aTargetThatIsNoPathIsUnknown(String request) throws Exception {
    HttpReply reply = ask(request);
    assertThat(reply.status()).as(reply.body()).isEqualTo(404);
    assertThat(JSON.readTree(reply.body()).at("/error/code").textValue()).isEqualTo("unknown_url");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/%zz", "/v1/models/%", "/%2", "/health%f"})
  void aPathWithABrokenEscapeIsMalformed(String path) throws Exception {
    assertMalformed(
        ask(
            "GET %s HTTP/1.1\r\nhost: h\r\nauthorization: Bearer %s\r\n\r\n"
                .formatted(path, ParrotProfile.KEY)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /anthropic/v1/models HTTP/1.1\r\n\r\n",
        "GET /anthropic/v1/%zz HTTP/1.1\r\nhost: h\r\n\r\n"
      })
  void itsShapeIsThatOfTheDialectWhereThePathTells(String request) throws Exception {
    HttpReply reply = ask(request);
    assertThat(reply.status()).isEqualTo(400);
    JsonNode body = JSON.readTree(reply.body());
    assertThat(body.get("type").textValue()).isEqualTo("error");
    assertThat(body.at("/error/type").textValue()).isEqualTo("invalid_request_error");
  }

  /** Another server on the way may have seen another end of the body. */
  @ParameterizedTest
  @ValueSource(strings = {"gzip", "gzip, chunked", "identity", "chunked\r\ntransfer-encoding: x"})
  void anotherTransferCodingThanChunkedEndsTheConnection(String coding) throws Exception {
    assertMalformed(ask(POST + "transfer-encoding: " + coding + "\r\n\r\n2\r\n{}\r\n0\r\n\r\n"));
    assertThatThrownBy(client::head).isInstanceOf(IOException.class);
  }

  /** The server ends it before anything could be told. */
  @ParameterizedTest
  @ValueSource(strings = {"ZZ\r\n{}\r\n", "2\r\n{}XX0\r\n", "ffffffffffffffff\r\n{}", "-1\r\n{}"})
  void aBodyWhoseChunksAreNoneEndsTheConnection(String chunks) throws Exception {
    client.sendBytes(
        (POST + "transfer-encoding: chunked\r\n\r\n" + chunks + "\r\n")
            .getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(client::head).isInstanceOf(IOException.class);
  }

  @Test
  void aLengthBeyondAllBoundsIsToldLikeAnyOther() throws Exception {
    HttpReply reply = ask(POST + "content-length: 9223372036854775807\r\n\r\n{}");
    assertThat(reply.status()).isEqualTo(413);
    assertThat(reply.body()).contains("body_too_large").contains("9,223,372,036,854,775,807");
  }

  @Test
  void aCompressedBodyIsRefusedForWhatItIs() throws Exception {
    client.send(
        "POST",
        "/v1/chat/completions",
        Map.of("authorization", "Bearer " + ParrotProfile.KEY, "content-encoding", "gzip"),
        new byte[] {0x1f, (byte) 0x8b, 8, 0});
    HttpReply reply = client.reply();
    assertThat(reply.status()).isEqualTo(415);
    assertThat(reply.body()).contains("unsupported_media_type").contains("'gzip'");
  }

  /** Each choice has an automaton of its stop strings: megabytes of them were gigabytes of heap. */
  @ParameterizedTest
  @CsvSource({
    "/v1/completions, stop, 400",
    "/completions, stop, 422",
    "/v1/messages, stop_sequences, 400"
  })
  void aStopStringOfMegabytesIsRefused(String path, String field, int status) throws Exception {
    client.post(
        path,
        ParrotProfile.KEY,
        """
        {"model":"parrot","max_tokens":5,"%s":["%s"],%s}"""
            .formatted(
                field,
                "s".repeat(1_000_000),
                path.endsWith("messages")
                    ? "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
                    : "\"prompt\":\"Hi\""));
    HttpReply reply = client.reply();
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    assertThat(reply.body()).contains("at most 1,000 characters each, but one has 1,000,000");
  }

  @Test
  void aMessageDoesNotRepeatMegabytesOfWhatWasSent() throws Exception {
    client.post(
        "/v1/chat/completions",
        ParrotProfile.KEY,
        """
        {"model":"parrot","messages":[{"role":"user","content":"Hi"}],"response_format":
        {"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":
        {"a":{"type":"string","pattern":"%s"}}}}}}"""
            .formatted("(a".repeat(300_000)));
    HttpReply reply = client.reply();
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body()).hasSizeLessThan(1_500);
  }
}
