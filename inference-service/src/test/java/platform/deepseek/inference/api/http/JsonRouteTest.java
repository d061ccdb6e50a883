package platform.deepseek.inference.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.api.account.Balance;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.openai.OpenAiErrors;
import platform.deepseek.inference.api.stream.Job;
import platform.deepseek.inference.engine.Share;

/** The way in, between a real client and work that fails. */
class JsonRouteTest {

  private final Vertx vertx = Vertx.vertx();
  private final List<String> settled = new CopyOnWriteArrayList<>();
  private final List<ApiError> refused = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(1, TimeUnit.MINUTES).join();
  }

  @Test
  void workThatCannotBeginIsToldToTheClientAndSettled() throws Exception {
    HttpResponse<String> answer =
        ask(
            Job.of(
                new Demand("parrot", 1, 1, ""),
                (grant, client) -> {
                  throw new IllegalStateException("it cannot begin");
                }));
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).contains("internal_error").doesNotContain("cannot begin");
    assertThat(settled).containsExactly("FAILED " + Consumption.NOTHING);
    assertThat(refused).containsExactly(ApiError.INTERNAL_ERROR);
  }

  private HttpResponse<String> ask(Job job) throws Exception {
    Router router = Router.router(vertx);
    router
        .post("/")
        .handler(
            context -> {
              new Caller("me").sent(context);
              context.next();
            })
        .handler(
            new JsonRoute(
                new Granted(),
                OpenAiErrors.STYLE,
                (caller, body) -> job,
                new Heard(),
                new BodyLimits(1_000, Duration.ofMinutes(1))));
    int port =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join()
            .actualPort();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
              .timeout(Duration.ofMinutes(1))
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private final class Heard implements JsonRoute.Tally {

    @Override
    public void refused(ApiError error) {
      refused.add(error);
    }

    @Override
    public void cancelled() {}
  }

  private final class Granted implements Accounts, Grant {

    @Override
    public Future<Balance> balance(Question question) {
      return Future.succeededFuture(new Balance(true, List.of()));
    }

    @Override
    public Future<Grant> reserve(Question question, Demand demand) {
      return Future.succeededFuture(this);
    }

    @Override
    public long maxTokens() {
      return 1;
    }

    @Override
    public String cacheSalt() {
      return "";
    }

    @Override
    public Share share() {
      return Share.EQUAL;
    }

    @Override
    public Map<String, String> headers() {
      return Map.of();
    }

    @Override
    public Future<Void> hold(Buffer request) {
      return Future.succeededFuture();
    }

    @Override
    public void settle(Consumption used, Outcome outcome) {
      settled.add(outcome + " " + used);
    }
  }
}
