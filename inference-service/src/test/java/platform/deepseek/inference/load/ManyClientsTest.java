package platform.deepseek.inference.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.parrot.ParrotProfile;
import platform.deepseek.inference.api.parrot.ParrotRunner;

/** The API under many streams at once; {@link LoadClient} by hand for longer. */
@QuarkusTest
@TestProfile(ParrotProfile.class)
class ManyClientsTest {

  private static final int CLIENTS = 200;

  /** By their number: what is done in a time depends on the machine. */
  private static final int REQUESTS = 4 * CLIENTS;

  @TestHTTPResource("/")
  URI server;

  @Inject ServedModel model;
  @Inject ParrotRunner parrot;

  @AfterEach
  void letTheParrotFinish() {
    parrot.pace(0);
  }

  private LoadReport load(double killFraction) {
    parrot.pace(1_000_000);
    return LoadClient.run(
        new LoadOptions(
            server,
            ParrotProfile.KEY,
            "parrot",
            CLIENTS,
            Duration.ofMinutes(3),
            REQUESTS,
            "a few words",
            20,
            killFraction,
            true));
  }

  @Test
  void twoHundredStreamsAreAllCompleteAndWellFormed() {
    LoadReport report = load(0);
    assertThat(report.errors()).as(report.toString()).isEmpty();
    assertThat(report.malformed()).as(report.toString()).isZero();
    assertThat(report.completed()).as(report.toString()).isEqualTo(REQUESTS);
  }

  @Test
  void clientsThatLeaveFreeTheirSlotsAndSpoilNobodysStream() {
    LoadReport report = load(0.5);
    assertThat(report.errors()).as(report.toString()).isEmpty();
    assertThat(report.malformed()).as(report.toString()).isZero();
    assertThat(report.completed() + report.killed()).as(report.toString()).isEqualTo(REQUESTS);
    assertThat(report.killed()).as(report.toString()).isGreaterThan(REQUESTS / 4);
    Await.until(
        Duration.ofSeconds(30),
        "all slots are free",
        () -> model.engine().stats().running() + model.engine().stats().waiting() == 0);
  }
}
