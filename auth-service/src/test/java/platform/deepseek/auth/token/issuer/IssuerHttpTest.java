package platform.deepseek.auth.token.issuer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IssuerHttpTest {

  private static final Executor THREADS = work -> Thread.ofVirtual().start(work);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Each is all that an issuer says before it falls silent, with its connection open. */
  private static final List<String> SAID =
      List.of(
          "",
          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n",
          "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"keys\":",
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n");

  @Test
  void anIssuerThatFallsSilentIsNotWaitedFor() throws Exception {
    IssuerSettings settings =
        new IssuerSettings(PATIENCE, PATIENCE, PATIENCE, PATIENCE, PATIENCE, false);
    try (IssuerHttp http = new IssuerHttp(settings)) {
      Map<String, CompletableFuture<Optional<ObjectNode>>> asked = new LinkedHashMap<>();
      for (String said : SAID) {
        asked.put(said, CompletableFuture.supplyAsync(() -> ask(http, said), THREADS));
      }
      asked.forEach(
          (said, answer) ->
              assertThatThrownBy(() -> answer.get(30, TimeUnit.SECONDS))
                  .as(said)
                  .isInstanceOf(ExecutionException.class)
                  .hasCauseInstanceOf(IssuerUnavailable.class));
    }
  }

  private static Optional<ObjectNode> ask(IssuerHttp http, String said) {
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Socket> connection =
          CompletableFuture.supplyAsync(() -> say(server, said), THREADS);
      try {
        return http.get(URI.create("http://127.0.0.1:" + server.getLocalPort() + "/keys"));
      } finally {
        connection.join().close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Socket say(ServerSocket server, String said) {
    try {
      Socket connection = server.accept();
      connection.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
      return connection;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
