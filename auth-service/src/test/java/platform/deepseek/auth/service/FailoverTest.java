package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.Await.soon;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** PostgreSQL is replaced by a copy that lacks what was confirmed last. */
@QuarkusTest
@TestProfile(OutageTest.OnBreakableParts.class)
class FailoverTest extends LiveService {

  private static final Duration LONG_ENOUGH_FOR_ALL_TO_BE_ASKED_ANEW =
      BreakableParts.KEPT.multipliedBy(2);

  @Inject MeterRegistry registry;
  BreakableParts parts;

  private static void awaitCode(String key, String code) {
    soon().until(() -> decide("decision-look-request", key).path("code").asText("").equals(code));
  }

  private double count(String name) {
    return registry.get(name).counter().count();
  }

  @Test
  void afterAFailoverThatLostTheLastChangeEverybodyIsLetInButTheRevoked() throws IOException {
    soon().until(() -> admin().get("/v1/admin/keys").statusCode() == 200);
    Made steady = key("developer", Map.of());
    Made revoked = key("developer", Map.of());
    awaitCode(steady.key(), "");
    awaitCode(revoked.key(), "");
    Path standby = parts.postgres.copy();
    soon().until(() -> admin().delete("/v1/admin/keys/" + revoked.id()).statusCode() == 204);
    awaitCode(revoked.key(), "key_revoked");
    double rewinds = count("deepseek.auth.database.rewinds");

    parts.postgres.failOver(standby);
    awaitCode(steady.key(), "");
    soon().until(() -> count("deepseek.auth.database.rewinds") == rewinds + 1);
    long over = System.nanoTime() + LONG_ENOUGH_FOR_ALL_TO_BE_ASKED_ANEW.toNanos();
    while (System.nanoTime() - over < 0) {
      assertThat(decide("decision-look-request", steady.key()).path("allow").asBoolean()).isTrue();
      assertThat(decide("decision-look-request", revoked.key()).path("code").asText())
          .isEqualTo("key_revoked");
    }
    assertThat(count("deepseek.auth.keys.unrevoked")).isPositive();
    for (String action : new String[] {"database.rewind", "key.unrevoked"}) {
      soon()
          .untilAsserted(
              () ->
                  assertThat(admin().get("/v1/admin/audit?action=" + action).asString())
                      .contains(action));
    }

    // Changes get the numbers of the lost ones, and are seen all the same.
    Made later = key("developer", Map.of());
    awaitCode(later.key(), "");
    admin().delete("/v1/admin/keys/" + steady.id()).then().statusCode(204);
    awaitCode(steady.key(), "key_revoked");
    given().get("/health").then().statusCode(200);
  }
}
