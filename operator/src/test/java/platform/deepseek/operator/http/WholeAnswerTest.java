package platform.deepseek.operator.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that says what a test wants it to, and then waits until its client has left. */
class WholeAnswerTest {

  private final CompletableFuture<Integer> left = new CompletableFuture<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private ServerSocket server;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    client.shutdownNow();
    server.close();
  }

  private void says(String reply) {
    Thread.startVirtualThread(
        () -> {
          try (var socket = server.accept()) {
            var lines =
                new BufferedReader(
                    new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            while (!lines.readLine().isEmpty()) {}
            socket.getOutputStream().write(reply.getBytes(StandardCharsets.US_ASCII));
            left.complete(lines.read());
          } catch (IOException e) {
            left.completeExceptionally(e);
          }
        });
  }

  private HttpResponse<String> ask(Duration patience) throws IOException, InterruptedException {
    var address = URI.create("http://127.0.0.1:" + server.getLocalPort());
    var request = HttpRequest.newBuilder(address).timeout(patience).build();
    return WholeAnswer.of(client, request, BodyHandlers.ofString());
  }

  @Test
  void anAnswerThatIsWholeIsGiven() throws Exception {
    says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    assertThat(ask(Duration.ofSeconds(30)).body()).isEqualTo("ok");
  }

  @Test
  void aBodyThatStandsStillFailsInTimeAndItsConnectionIsLeft() {
    says("HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\nhalf");
    assertThatThrownBy(() -> ask(Duration.ofSeconds(2))).isInstanceOf(HttpTimeoutException.class);
    assertThat(left).succeedsWithin(Duration.ofSeconds(30)).isEqualTo(-1);
  }

  @Test
  void whatTheClientCouldNotDoIsToldAsItSaysIt() throws IOException {
    server.close();
    assertThatThrownBy(() -> ask(Duration.ofSeconds(30))).isInstanceOf(ConnectException.class);
  }
}
