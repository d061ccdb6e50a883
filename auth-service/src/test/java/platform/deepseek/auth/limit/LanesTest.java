package platform.deepseek.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.Await.soon;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which connection a request takes, as Redis sees it. */
class LanesTest {

  private static RealRedis redis;
  private static Vertx vertx;

  /**
   * @param connection as Redis numbers them
   * @param sameThread whether the answer came on the thread that asked
   */
  private record Seen(long connection, boolean sameThread) {}

  @BeforeAll
  static void start() {
    redis = new RealRedis();
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
  }

  @AfterAll
  static void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
    redis.close();
  }

  private static Lanes lanes() {
    return new Lanes(() -> redis.client(vertx));
  }

  private static Seen ask(Lanes lanes, Context loop) {
    CompletableFuture<Seen> seen = new CompletableFuture<>();
    loop.runOnContext(
        run -> {
          Thread asking = Thread.currentThread();
          lanes
              .send(Request.cmd(Command.CLIENT).arg("ID"))
              .map(id -> new Seen(id.toLong(), Thread.currentThread() == asking))
              .onComplete(seen::complete, seen::completeExceptionally);
        });
    return seen.join();
  }

  @Test
  void eachEventLoopHasOneConnectionThatAnswersOnIt() {
    Lanes lanes = lanes();
    Context one = vertx.getOrCreateContext();
    CompletableFuture<Context> other = new CompletableFuture<>();
    vertx.deployVerticle(
        () ->
            new AbstractVerticle() {
              @Override
              public void start() {
                other.complete(context);
              }
            },
        new DeploymentOptions());
    Seen first = ask(lanes, one);
    Seen second = ask(lanes, other.join());
    assertThat(first.sameThread()).isTrue();
    assertThat(second.sameThread()).isTrue();
    assertThat(second.connection()).isNotEqualTo(first.connection());
    assertThat(ask(lanes, one)).isEqualTo(first);
    assertThat(ask(lanes, other.join())).isEqualTo(second);
  }

  @Test
  void aConnectionThatIsGivenUpIsClosedAndReplaced() {
    Lanes lanes = lanes();
    Context loop = vertx.getOrCreateContext();
    Seen before = ask(lanes, loop);
    lanes.reset();
    assertThat(ask(lanes, loop).connection()).isNotEqualTo(before.connection());
    String old = Long.toString(before.connection());
    soon()
        .untilAsserted(
            () -> assertThat(redis.send("CLIENT", "LIST", "ID", old).toString()).isBlank());
  }
}
