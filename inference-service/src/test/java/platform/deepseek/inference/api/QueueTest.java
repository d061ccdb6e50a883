package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.IdleProxy;
import platform.deepseek.inference.api.client.Quickest;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;

/** Waiting with the configuration as it is delivered. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class QueueTest {

  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Duration FIRST_SIGN = Duration.ofSeconds(5);

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;
  @Inject MeterRegistry meters;

  @AfterEach
  void letTheParrotFinish() {
    parrot.pace(0);
    Await.until(
        SOON,
        "the engine is idle",
        () -> model.engine().stats().running() + model.engine().stats().waiting() == 0);
  }

  private double cancelled() {
    return meters.counter("deepseek.requests", "outcome", "cancelled").count();
  }

  private RawConnection occupied() throws IOException {
    parrot.pace(5_000_000);
    RawConnection others = new RawConnection(server);
    others.post(
        "/v1/completions",
        ParrotProfile.KEY,
        "{\"model\":\"parrot\",\"prompt\":\"on\",\"n\":16,\"max_tokens\":8000,\"stream\":true}");
    Await.until(SOON, "all slots are taken", () -> model.engine().stats().running() == 16);
    return others;
  }

  private static void ask(RawConnection client, Endpoint endpoint, boolean stream)
      throws IOException {
    client.post(endpoint.path, ParrotProfile.KEY, endpoint.request("Hello", 5, stream));
  }

  @Test
  void aWaitingClientHearsWithinFiveSeconds() throws Exception {
    try (RawConnection others = occupied()) {
      Quickest.within(FIRST_SIGN, "from the question to the first sign", this::firstSign);
      assertThat(others.head().status()).isEqualTo(200);
    }
  }

  /** How long two clients wait for it, one of a stream and one of a whole body. */
  private Duration firstSign() throws IOException {
    try (RawConnection stream = new RawConnection(server);
        RawConnection whole = new RawConnection(server)) {
      long asked = System.nanoTime();
      ask(stream, Endpoint.OPENAI_CHAT, true);
      ask(whole, Endpoint.DEEPSEEK_CHAT, false);
      assertThat(stream.head().status()).isEqualTo(200);
      assertThat(stream.chunk()).isEqualTo(Endpoint.OPENAI_CHAT.keepAlive());
      assertThat(whole.head().status()).isEqualTo(200);
      assertThat(whole.chunk()).isEqualTo(Endpoint.BLANK_LINE);
      return Duration.ofNanos(System.nanoTime() - asked);
    }
  }

  /** What the keep-alive is there for: without it the proxy of the other tests does close. */
  @Test
  void aProxyLessPatientThanTheKeepAliveClosesTheConnection() throws Exception {
    try (RawConnection others = occupied();
        IdleProxy proxy = new IdleProxy(server, Duration.ofMillis(500));
        RawConnection client = new RawConnection(proxy.address())) {
      double before = cancelled();
      ask(client, Endpoint.OPENAI_CHAT, true);
      assertThatThrownBy(client::head).isInstanceOf(IOException.class);
      assertThat(proxy.closed()).isEqualTo(1);
      Await.until(SOON, "it is taken back", () -> cancelled() == before + 1);
      Await.until(SOON, "its place is free", () -> model.engine().stats().waiting() == 0);
      assertThat(others.head().status()).isEqualTo(200);
    }
  }
}
