package platform.deepseek.auth.service;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.Await.soon;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import platform.deepseek.auth.credential.ApiKey;

/** Somebody floods the service with keys that nobody has, while the database is slow. */
@QuarkusTest
@TestProfile(OutageTest.OnBreakableParts.class)
class FloodTest extends LiveService {

  private static final int STRANGERS = 100;
  private static final Duration SLOW = Duration.ofMillis(100);

  /** What was looked up before the flood is looked up again during it. */
  private static final Duration LONGER_THAN_KEPT = BreakableParts.KEPT.multipliedBy(2);

  BreakableParts parts;

  @Test
  void inventedKeysKeepNobodyOut() throws Exception {
    soon().until(() -> admin().get("/v1/admin/keys").statusCode() == 200);
    String known = key("developer", Map.of()).key();
    String seldom = key("developer", Map.of()).key();
    Supplier<String> invented = () -> ApiKey.create("live").reveal();
    try (Load load = new Load(RestAssured.baseURI + ":" + RestAssured.port)) {
      load.ask("known", known);
      soon().until(() -> load.all("known").stream().anyMatch(Load.Seen::allowed));
      parts.toPostgres.delay(SLOW);
      for (int i = 0; i < STRANGERS; i++) {
        load.ask("stranger", invented);
      }
      soon().until(() -> load.all("stranger").size() > 4 * STRANGERS);
      long flooded = System.nanoTime();
      load.ask("seldom", seldom);
      soon().until(() -> System.nanoTime() - flooded > LONGER_THAN_KEPT.toNanos());
      load.stop();
      for (String who : List.of("known", "seldom")) {
        List<Load.Seen> seen = load.since(flooded, who);
        assertThat(seen).as(who).isNotEmpty();
        assertThat(seen).as(who).allMatch(Load.Seen::allowed);
      }
      assertThat(load.all("stranger")).noneMatch(Load.Seen::allowed);
    } finally {
      parts.toPostgres.restore();
    }
  }
}
