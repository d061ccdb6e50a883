package platform.deepseek.inference.api.authorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import platform.deepseek.inference.api.json.WholeAnswer;

/** Connections that end while something is asked on them, as those of a killed replica do. */
@Timeout(60)
class AuthClientTest {

  private final Vertx vertx = Vertx.vertx();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Numbers of the connections on which questions came, in their order. */
  private final List<Integer> asked = new CopyOnWriteArrayList<>();

  private ServerSocket server;
  private volatile IntPredicate endsAtQuestion = number -> false;
  private volatile boolean breaksOff;
  private volatile boolean standsStill;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    threads.shutdownNow();
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(1, TimeUnit.MINUTES).join();
  }

  private void accept() {
    try {
      for (int number = 1; ; number++) {
        int connection = number;
        Socket socket = server.accept();
        threads.execute(() -> serve(connection, socket));
      }
    } catch (SocketException e) {
      assertThat(server.isClosed()).isTrue();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void serve(int connection, Socket socket) {
    try (socket) {
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      while (lines.readLine() != null) {
        int length = 0;
        for (String line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
          if (line.startsWith("content-length: ")) {
            length = Integer.parseInt(line.substring("content-length: ".length()));
          }
        }
        lines.skip(length);
        asked.add(connection);
        if (endsAtQuestion.test(asked.size())) {
          return;
        }
        String answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{";
        answer += breaksOff || standsStill ? "" : "}";
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
        if (breaksOff) {
          return;
        }
      }
    } catch (SocketException e) {
      assertThat(server.isClosed()).isTrue();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private AuthClient client() {
    return client("20s");
  }

  private AuthClient client(String patience) {
    URI address = URI.create("http://127.0.0.1:" + server.getLocalPort());
    return new AuthClient(vertx, address, config(patience));
  }

  static AuthorizationConfig config(String patience) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withDefaultValue("deepseek.auth.patience", patience)
        .withMapping(AuthorizationConfig.class)
        .build()
        .getConfigMapping(AuthorizationConfig.class);
  }

  private static WholeAnswer ask(AuthClient client)
      throws InterruptedException, ExecutionException {
    return client
        .post("/v1/decisions", Buffer.buffer("{}"))
        .toCompletionStage()
        .toCompletableFuture()
        .get();
  }

  /** On a busy machine the first connection may have been left before the second question. */
  private void requireThreeTheLastOnAConnectionOfItsOwn() {
    assertThat(asked).hasSize(3);
    assertThat(asked.getLast()).isGreaterThan(asked.get(1));
  }

  @Test
  void aQuestionOnAConnectionThatEndsIsPutOnceMoreOnOneOfItsOwn() throws Exception {
    endsAtQuestion = number -> number == 2;
    AuthClient client = client();
    assertThat(ask(client).status()).isEqualTo(200);
    assertThat(ask(client).body().toString()).isEqualTo("{}");
    requireThreeTheLastOnAConnectionOfItsOwn();
  }

  @Test
  void aQuestionThatIsNeverAnsweredIsPutTwiceAndNoMore() throws Exception {
    endsAtQuestion = number -> number > 1;
    AuthClient client = client();
    ask(client);
    assertThatThrownBy(() -> ask(client)).hasCauseInstanceOf(HttpClosedException.class);
    requireThreeTheLastOnAConnectionOfItsOwn();
  }

  @Test
  void aQuestionWhoseAnswerHasBegunIsNotPutAgain() throws Exception {
    AuthClient client = client();
    ask(client);
    breaksOff = true;
    assertThatThrownBy(() -> ask(client)).isInstanceOf(ExecutionException.class);
    assertThat(asked).hasSize(2);
  }

  @Test
  void anAnswerThatStopsInTheMiddleIsNoneAfterOurPatience() {
    standsStill = true;
    AuthClient client = client("1s");
    assertThatThrownBy(() -> ask(client)).hasCauseInstanceOf(TimeoutException.class);
    assertThat(asked).hasSize(1);
  }
}
