package platform.deepseek.inference.api.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import platform.deepseek.inference.api.json.WholeAnswer.Deadline;

@Timeout(60)
class WholeAnswerTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = vertx.createHttpClient();

  @AfterEach
  void close() throws Exception {
    get(vertx.close());
  }

  private static <T> T get(Future<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
  }

  /** To a server that does so with every request. */
  private Future<HttpClientRequest> request(Consumer<HttpServerRequest> answers) throws Exception {
    HttpServer server = get(vertx.createHttpServer().requestHandler(answers::accept).listen(0));
    return client.request(HttpMethod.POST, server.actualPort(), "127.0.0.1", "/");
  }

  private static void answer(HttpServerRequest request) {
    request.response().putHeader("connection", "close").setStatusCode(202).end("all of it");
  }

  @Test
  void answerIsItsStatusAndItsBody() throws Exception {
    Future<HttpClientRequest> request = request(WholeAnswerTest::answer);

    assertThat(get(WholeAnswer.to(request, Buffer.buffer("?"), Deadline.in(LONG))))
        .isEqualTo(new WholeAnswer(202, Buffer.buffer("all of it")));
  }

  /** Vert.x throws away what nobody reads: who then asks for the body waits for ever. */
  @Test
  void bodyIsReadThoughTheCallerStandsStillUntilItHasPassed() throws Exception {
    Future<HttpClientRequest> request = request(WholeAnswerTest::answer);

    assertThat(get(WholeAnswer.to(slow(request), Buffer.buffer("?"), Deadline.in(LONG))))
        .isEqualTo(new WholeAnswer(202, Buffer.buffer("all of it")));
  }

  /** What is called on it returns only once the connection has come to its end. */
  @SuppressWarnings("unchecked")
  private static Future<HttpClientRequest> slow(Future<HttpClientRequest> request) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Future<HttpClientRequest> observed =
        request.onSuccess(made -> made.connection().closeHandler(closed -> ended.complete(closed)));
    return (Future<HttpClientRequest>)
        Proxy.newProxyInstance(
            Future.class.getClassLoader(),
            new Class<?>[] {Future.class},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(observed, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              } finally {
                ended.join();
              }
            });
  }

  @Test
  void answerThatComesBeforeTheRequestIsWholeIsHeard() throws Exception {
    HttpClientRequest request = get(request(WholeAnswerTest::answer));
    Future<WholeAnswer> answer = WholeAnswer.to(request.setChunked(true), LONG);
    request.write("a beginning");

    assertThat(get(answer).status()).isEqualTo(202);
  }

  @Test
  void bodyThatStopsInTheMiddleIsGivenUpInTime() throws Exception {
    CompletableFuture<Void> reset = new CompletableFuture<>();
    Future<HttpClientRequest> request =
        request(
            received -> {
              received.connection().closeHandler(reset::complete);
              received.response().setChunked(true).write("a part");
            });
    Future<WholeAnswer> answer =
        WholeAnswer.to(request, Buffer.buffer(), Deadline.in(Duration.ofMillis(500)));

    assertThatThrownBy(() -> get(answer)).hasCauseInstanceOf(TimeoutException.class);
    reset.get(1, TimeUnit.MINUTES);
  }

  @Test
  void whatFailsBehindTheHeadIsToldApart() throws Exception {
    Future<HttpClientRequest> request =
        request(
            received ->
                received
                    .response()
                    .setChunked(true)
                    .write("a part")
                    .onSuccess(written -> received.connection().close()));
    Future<WholeAnswer> rest = get(WholeAnswer.begun(request, Buffer.buffer(), Deadline.in(LONG)));

    assertThatThrownBy(() -> get(rest)).isInstanceOf(ExecutionException.class);
  }
}
