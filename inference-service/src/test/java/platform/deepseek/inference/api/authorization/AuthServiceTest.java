package platform.deepseek.inference.api.authorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Port;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;

/** Nobody is let in by silence, and nobody waits for it longer than the patience. */
class AuthServiceTest {

  private static final Question QUESTION =
      new Question("sk-a", "127.0.0.1", List.of(), "POST", "/v1/chat/completions");

  private static final Duration SOON = Duration.ofMinutes(1);

  private final Vertx vertx = Vertx.vertx();
  private final CountDownLatch released = new CountDownLatch(1);

  @AfterEach
  void close() {
    released.countDown();
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(1, TimeUnit.MINUTES).join();
  }

  private AuthService patient(URI address, String patience) {
    return new AuthService(
        vertx, address, AuthClientTest.config(patience), new SimpleMeterRegistry());
  }

  private static void identify(AuthService service) throws Exception {
    service.identify(QUESTION).toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
  }

  private static boolean isLetIn(AuthService service) {
    try {
      identify(service);
      return true;
    } catch (ExecutionException notInTime) {
      return false;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void oneThatHangsIsGivenUpAndAskedAgainByTheNext() throws Exception {
    URI address = URI.create("http://127.0.0.1:" + Port.free());
    AuthService service = patient(address, "300ms");
    try (PlayedAuth auth = new PlayedAuth(address)) {
      auth.decides(
          question -> {
            try {
              released.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return auth.allow(question);
          });
      assertThatThrownBy(() -> identify(service))
          .cause()
          .isInstanceOfSatisfying(
              ApiException.class,
              refusal -> assertThat(refusal.error()).isEqualTo(ApiError.AUTHORIZATION_UNAVAILABLE));
      released.countDown();
      Await.until(SOON, "it is asked again", () -> isLetIn(service));
    }
  }
}
