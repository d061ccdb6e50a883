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
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;

/** Clients that leave or do not read: what they asked for ends, and costs the others nothing. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class ConnectionTest {

  private static final Duration SOON = Duration.ofMinutes(1);

  /** The one that is computed, and the one that may have been planned behind it. */
  private static final int STEPS_UNDER_WAY = 2;

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;
  @Inject MeterRegistry meters;

  @AfterEach
  void letTheParrotFinish() {
    parrot.pace(0);
    parrot.goOn();
    Await.until(SOON, "the engine is idle", () -> running() == 0 && waiting() == 0);
  }

  private int running() {
    return model.engine().stats().running();
  }

  private int waiting() {
    return model.engine().stats().waiting();
  }

  private double errors(String code) {
    return meters.counter("deepseek.errors", "code", code).count();
  }

  private double outcomes(String outcome) {
    return meters.counter("deepseek.requests", "outcome", outcome).count();
  }

  private RawConnection ask(int choices, int maxTokens, boolean stream) throws IOException {
    return ask(new RawConnection(server), choices, maxTokens, stream);
  }

  private RawConnection ask(RawConnection connection, int choices, int maxTokens, boolean stream)
      throws IOException {
    connection.post(
        "/v1/completions",
        ParrotProfile.KEY,
        """
        {"model":"parrot","prompt":"on and on ","n":%d,"max_tokens":%d,"stream":%s}"""
            .formatted(choices, maxTokens, stream));
    return connection;
  }

  @Test
  void leavingAStreamFreesItsSlots() throws Exception {
    parrot.pace(2_000_000);
    double cancelled = outcomes("cancelled");
    try (RawConnection client = ask(4, 8_000, true)) {
      client.head();
      assertThat(client.chunk()).startsWith("data: {");
      Await.until(SOON, "all four run", () -> running() == 4);
    }
    Await.until(SOON, "the slots are free", () -> running() == 0);
    Await.until(SOON, "it is counted", () -> outcomes("cancelled") == cancelled + 1);
  }

  @Test
  void leavingEmbeddingsFreesTheirSlots() throws Exception {
    parrot.holdAfter(2);
    double cancelled = outcomes("cancelled");
    try (RawConnection client = new RawConnection(server)) {
      String inputs = String.join(",", Collections.nCopies(2_000, "[1,2,3]"));
      client.post(
          "/v1/embeddings", ParrotProfile.KEY, "{\"model\":\"parrot\",\"input\":[" + inputs + "]}");
      Await.until(SOON, "they are on their way", () -> running() + waiting() > 0);
    }
    Await.until(SOON, "it is counted", () -> outcomes("cancelled") == cancelled + 1);
    parrot.holdAfter(STEPS_UNDER_WAY);
    Await.until(SOON, "the slots are free", () -> running() + waiting() == 0);
  }

  @Test
  void leavingAnAnswerInOneBodyFreesItsSlot() throws Exception {
    parrot.pace(2_000_000);
    double cancelled = outcomes("cancelled");
    try (RawConnection client = ask(1, 8_000, false)) {
      Await.until(SOON, "it runs", () -> running() == 1);
    }
    Await.until(SOON, "the slot is free", () -> running() == 0);
    Await.until(SOON, "it is counted", () -> outcomes("cancelled") == cancelled + 1);
  }

  @Test
  void leavingTheQueueFreesThePlace() throws Exception {
    parrot.pace(2_000_000);
    double cancelled = outcomes("cancelled");
    try (RawConnection others = ask(16, 8_000, true)) {
      Await.until(SOON, "all slots are taken", () -> running() == 16);
      try (RawConnection client = ask(1, 10, true)) {
        Await.until(SOON, "it waits", () -> waiting() == 1);
      }
      Await.until(SOON, "the place is free", () -> waiting() == 0);
      Await.until(SOON, "it is counted", () -> outcomes("cancelled") == cancelled + 1);
      assertThat(running()).isEqualTo(16);
    }
  }

  @Test
  void aClientThatNeverReadsIsGivenUpAndHoldsNobodyBack() throws Exception {
    double before = errors("client_too_slow");
    try (RawConnection stuck = ask(new RawConnection(server, 4_096), 8, 8_000, true);
        RawConnection other = ask(1, 50, true)) {
      HttpReply reply = other.reply();
      assertThat(reply.chunks()).last().isEqualTo("data: [DONE]\n\n");
      Await.until(SOON, "it is given up", () -> errors("client_too_slow") == before + 1);
      Await.until(SOON, "its slots are free", () -> running() == 0);
    }
  }

  @Test
  void aClientThatPausesGetsTheWholeStream() throws Exception {
    parrot.holdAfter(1);
    try (RawConnection client = ask(1, 1_000, true)) {
      Await.until(SOON, "it was taken", () -> running() == 1);
      parrot.goOn();
      Await.until(SOON, "all was said", () -> running() == 0);
      HttpReply reply = client.reply();
      assertThat(reply.chunks()).last().asString().endsWith("data: [DONE]\n\n");
      assertThat(reply.body().split("\n\n")).hasSize(1_000 + 2);
    }
  }

  @Test
  void oneConnectionServesManyRequestsOneAfterAnother() throws Exception {
    try (RawConnection client = new RawConnection(server)) {
      for (int i = 0; i < 20; i++) {
        ask(client, 1, 3, i % 2 == 0);
        assertThat(client.reply().status()).isEqualTo(200);
      }
    }
  }
}
