package platform.deepseek.auth.token.issuer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IssuerHttpTest {

  private static final Executor THREADS = work -> Thread.ofVirtual().start(work);
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** Each is all that an issuer says before it falls silent, with its connection open. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"keys\":",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n"
      })
  void anIssuerThatFallsSilentIsNotWaitedFor(String said) throws Exception {
    IssuerSettings settings =
        new IssuerSettings(PATIENCE, PATIENCE, PATIENCE, PATIENCE, PATIENCE, false);
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        IssuerHttp http = new IssuerHttp(settings)) {
      CompletableFuture<Socket> connection =
          CompletableFuture.supplyAsync(() -> say(server, said), THREADS);
      URI address = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/keys");
      assertThatThrownBy(
              () ->
                  CompletableFuture.supplyAsync(() -> http.get(address), THREADS)
                      .get(30, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IssuerUnavailable.class);
      connection.get(30, TimeUnit.SECONDS).close();
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
