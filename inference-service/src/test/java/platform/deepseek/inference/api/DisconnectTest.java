package platform.deepseek.inference.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.Endpoint.Call;
import platform.deepseek.inference.api.client.Quickest;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;

/**
 * At every address a client that leaves takes its request along, waiting or running: each time, and
 * within the time that is promised.
 */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class DisconnectTest {

  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Duration STEP = Duration.ofMillis(5);

  /** What is promised, and the step that runs when the client leaves. */
  private static final Duration BOUND = Duration.ofMillis(500).plus(STEP);

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;
  @Inject MeterRegistry meters;

  static List<Call> calls() {
    return Endpoint.calls();
  }

  @AfterEach
  void letTheParrotFinish() {
    parrot.pace(0);
    Await.until(SOON, "the engine is idle", () -> running() + waiting() == 0);
  }

  private int running() {
    return model.engine().stats().running();
  }

  private int waiting() {
    return model.engine().stats().waiting();
  }

  private double cancelled() {
    return meters.counter("deepseek.requests", "outcome", "cancelled").count();
  }

  private RawConnection ask(Call call) throws IOException {
    RawConnection client = new RawConnection(server);
    String text = UUID.randomUUID() + " on and on".repeat(250);
    client.post(
        call.endpoint().path,
        ParrotProfile.KEY,
        call.endpoint().request(text, 4_000, call.stream()));
    return client;
  }

  /** How long a request is held for a client that has left. */
  private Duration leave(RawConnection client, IntSupplier held) throws IOException {
    double before = cancelled();
    long left = System.nanoTime();
    client.close();
    Await.until(SOON, "it is gone", () -> held.getAsInt() == 0);
    Duration time = Duration.ofNanos(System.nanoTime() - left);
    Await.until(SOON, "it was cancelled", () -> cancelled() == before + 1);
    return time;
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aRunningRequestEndsWithItsConnection(Call call) throws Exception {
    parrot.pace(STEP.toNanos());
    Quickest.within(
        BOUND,
        "from its connection's end to its own",
        () -> {
          RawConnection client = ask(call);
          Await.until(SOON, "it runs", () -> running() == 1);
          if (call.stream()) {
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(client.chunk()).isNotEmpty();
          }
          return leave(client, this::running);
        });
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aWaitingRequestEndsWithItsConnection(Call call) throws Exception {
    parrot.pace(STEP.toNanos());
    try (RawConnection others = new RawConnection(server)) {
      others.post(
          "/v1/completions",
          ParrotProfile.KEY,
          "{\"model\":\"parrot\",\"prompt\":\"on\",\"n\":16,\"max_tokens\":8000,\"stream\":true}");
      Await.until(SOON, "all slots are taken", () -> running() == 16);
      Quickest.within(
          BOUND,
          "from its connection's end to its own",
          () -> {
            RawConnection client = ask(call);
            Await.until(SOON, "it waits", () -> waiting() == 1);
            return leave(client, this::waiting);
          });
      assertThat(running()).isEqualTo(16);
      leave(others, this::running);
    }
  }
}
