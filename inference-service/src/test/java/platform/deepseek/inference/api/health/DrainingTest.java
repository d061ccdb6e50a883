package platform.deepseek.inference.api.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients meet on their connections after the signal to stop, before a server of its own. */
class DrainingTest {

  private static final int PATIENCE_SECONDS = 60;

  private final Vertx vertx = Vertx.vertx();
  private final CompletableFuture<HttpServerResponse> stream = new CompletableFuture<>();
  private Draining draining;
  private int port;

  /** The delay never ends here: what follows it ends the process. */
  private record Times(Duration delay, Duration time) implements DrainConfig {}

  @BeforeEach
  void serve() throws Exception {
    start(new Times(Duration.ofHours(1), Duration.ofHours(1)));
  }

  private void start(Times times) throws Exception {
    draining = new Draining(times, null);
    Router router = Router.router(vertx);
    draining.register(router);
    router.get("/short").handler(request -> request.response().end("short"));
    router
        .get("/stream")
        .handler(
            request -> {
              HttpServerResponse response = request.response().setChunked(true);
              response.write("begun ").onSuccess(written -> stream.complete(response));
            });
    var server = vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1");
    port = get(server).actualPort();
  }

  @AfterEach
  void close() throws Exception {
    get(vertx.close());
  }

  private static <T> T get(Future<T> future) throws Exception {
    return get(future.toCompletionStage().toCompletableFuture());
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void aKeptConnectionIsClosedBehindItsNextAnswer() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_SECONDS * 1000);
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      assertThat(answer(socket, in, "/short"))
          .doesNotContain("connection: close")
          .contains("short");
      draining.drain().signal();
      assertThat(answer(socket, in, "/short")).contains("connection: close").contains("short");
    }
  }

  @Test
  void healthSaysThatItStopsAndTheRestIsServedOn() throws Exception {
    draining.drain().signal();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_SECONDS * 1000);
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      assertThat(answer(socket, in, "/health"))
          .startsWith("HTTP/1.1 503")
          .contains("connection: close")
          .endsWith("{\"status\":\"stopping\"}");
    }
  }

  /** One answer of a known length, head and body. */
  private static String answer(Socket socket, BufferedReader in, String path) throws IOException {
    String request = "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    StringBuilder answer = new StringBuilder();
    int length = 0;
    for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
      answer.append(line).append('\n');
      if (line.startsWith("content-length: ")) {
        length = Integer.parseInt(line.substring("content-length: ".length()));
      }
    }
    for (int i = 0; i < length; i++) {
      answer.append((char) in.read());
    }
    return answer.toString();
  }

  @Test
  void http2IsToldToGoAwayAndItsStreamsEndWhole() throws Exception {
    Connections connections = new Connections();
    HttpClient client = connections.client(vertx);
    Answer begun = get(connections.ask(client, port, "/stream"));
    assertThat(begun.version()).isEqualTo(HttpVersion.HTTP_2);
    HttpServerResponse open = get(stream);
    draining.drain().signal();

    Answer last = get(connections.ask(client, port, "/short"));
    assertThat(get(last.body()).toString()).isEqualTo("short");
    assertThat(get(connections.goneAway)).as("code of GOAWAY, NO_ERROR").isZero();
    assertThat(connections.opened).hasValue(1);
    assertThat(begun.body().isComplete()).isFalse();

    Answer elsewhere = get(connections.ask(client, port, "/short"));
    assertThat(get(elsewhere.body()).toString()).isEqualTo("short");
    assertThat(connections.opened).as("the next request has a connection of its own").hasValue(2);

    get(open.write("and ").compose(written -> open.end("whole")));
    assertThat(get(begun.body()).toString()).isEqualTo("begun and whole");
    get(connections.closed);
  }

  /** A stream may last from the signal on as long as delay and drain together. */
  @Test
  void http2OutlivesTheDrainTimeWhileTheDelayLasts() throws Exception {
    start(new Times(Duration.ofHours(1), Duration.ofMillis(1)));
    Connections connections = new Connections();
    HttpClient client = connections.client(vertx);
    Answer begun = get(connections.ask(client, port, "/stream"));
    HttpServerResponse open = get(stream);
    draining.drain().signal();
    get(connections.ask(client, port, "/short"));
    get(connections.goneAway);
    get(open.end("and whole"));
    assertThat(get(begun.body()).toString()).isEqualTo("begun and whole");
  }

  /** An answer whose body is gathered from its first byte on. */
  private record Answer(HttpVersion version, Future<Buffer> body) {}

  /** The connections of a client that speaks HTTP/2 without TLS. */
  private static final class Connections {

    private final AtomicInteger opened = new AtomicInteger();
    private final CompletableFuture<Long> goneAway = new CompletableFuture<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    HttpClient client(Vertx vertx) {
      return vertx
          .httpClientBuilder()
          .with(
              new HttpClientOptions()
                  .setProtocolVersion(HttpVersion.HTTP_2)
                  .setHttp2ClearTextUpgrade(false))
          .withConnectHandler(
              connection -> {
                if (opened.incrementAndGet() == 1) {
                  connection.goAwayHandler(away -> goneAway.complete(away.getErrorCode()));
                  connection.closeHandler(gone -> closed.complete(null));
                }
              })
          .build();
    }

    /** The body is asked for on the loop that its head comes on: a later reader finds none. */
    Future<Answer> ask(HttpClient client, int port, String path) {
      return client
          .request(HttpMethod.GET, port, "127.0.0.1", path)
          .compose(
              request ->
                  request.send().map(response -> new Answer(response.version(), response.body())));
    }
  }
}
