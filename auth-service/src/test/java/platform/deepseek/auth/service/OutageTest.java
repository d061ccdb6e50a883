package platform.deepseek.auth.service;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.auth.Await.soon;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * PostgreSQL and Redis are killed, cut off and made slow while clients ask. Whatever happens, every
 * request is answered, nobody gets in who should not, and all is as before when they are back.
 */
@QuarkusTest
@TestProfile(OutageTest.OnBreakableParts.class)
class OutageTest extends LiveService {

  /** A service of its own, with none of the parts that the other tests share. */
  public static final class OnBreakableParts implements QuarkusTestProfile {
    @Override
    public List<TestResourceEntry> testResources() {
      return List.of(new TestResourceEntry(BreakableParts.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
      return true;
    }
  }

  private static final long SECOND = 1_000_000_000;
  private static final int LIMIT = 20; // requests a second; the share of one of two replicas is 10
  private static final String UNAVAILABLE = "authorization_unavailable";

  @Inject AlertsSeen alerts;
  BreakableParts parts;
  private Load load;
  private Made steady;

  @BeforeEach
  void begin() throws IOException {
    load = new Load(RestAssured.baseURI + ":" + RestAssured.port);
    soon().until(() -> admin().get("/v1/admin/keys").statusCode() == 200);
    steady = key("developer", Map.of());
    Made limited = key("developer", Map.of("limits", Map.of("requestsPerSecond", LIMIT)));
    Made revoked = key("developer", Map.of());
    admin().delete("/v1/admin/keys/" + revoked.id()).then().statusCode(204);
    soon()
        .until(
            () ->
                decide("decision-look-request", revoked.key())
                    .path("code")
                    .asText()
                    .equals("key_revoked"));
    load.ask("steady", steady.key());
    load.ask("steady", steady.key());
    load.ask("limited", limited.key());
    load.ask("limited", limited.key());
    load.ask("revoked", revoked.key());
    load.ask("stranger", example("decision-request").get("credential").textValue());
    soon().until(() -> allowed("steady") > 20 && allowed("limited") > LIMIT);
    soon().until(() -> !load.all("revoked").isEmpty() && !load.all("stranger").isEmpty());
  }

  @AfterEach
  void nobodyGotInWhoShouldNotAndEveryoneWasAnswered() throws Exception {
    load.close();
    assertThat(load.failures()).isEmpty();
    assertThat(load.all("revoked")).isNotEmpty().noneMatch(Load.Seen::allowed);
    assertThat(load.all("stranger")).isNotEmpty().noneMatch(Load.Seen::allowed);
    for (String who : List.of("steady", "limited", "revoked", "stranger")) {
      assertThat(load.all(who)).allMatch(seen -> seen.http() == 200);
    }
  }

  private long allowed(String who) {
    return load.all(who).stream().filter(Load.Seen::allowed).count();
  }

  private void awaitAnswer(String who, long since, String code) {
    soon().until(() -> load.since(since, who).stream().anyMatch(seen -> seen.code().equals(code)));
  }

  /** Awaits the time when limits are told as shared by all, or as the share of one replica. */
  private long awaitLimit(int limit) {
    long start = System.nanoTime();
    soon()
        .until(() -> load.since(start, "limited").stream().anyMatch(seen -> seen.limit() == limit));
    return System.nanoTime();
  }

  /** No more pass in a second than the limit, of those that it was told to. */
  private void requireAtMost(int limit, long from) {
    soon().until(() -> System.nanoTime() - from > 2 * SECOND && !passed(limit, from).isEmpty());
    List<Load.Seen> passed = passed(limit, from);
    long last = passed.stream().mapToLong(Load.Seen::answered).max().orElseThrow();
    assertThat((long) passed.size()).isLessThanOrEqualTo(limit * (1 + (last - from) / SECOND + 1));
  }

  private List<Load.Seen> passed(int limit, long from) {
    return load.since(from, "limited").stream()
        .filter(seen -> seen.allowed() && seen.limit() == limit)
        .toList();
  }

  /** What the book says that a key's requests have generated; each generates as many. */
  private long charged() throws IOException {
    JsonNode lines =
        JSON.readTree(admin().get("/v1/admin/usage?tenant=" + steady.tenant()).asString())
            .get("data");
    long requests = 0;
    for (JsonNode line : lines) {
      requests += line.get("requests").longValue();
    }
    return requests;
  }

  private void requireHealth() {
    long start = System.nanoTime();
    given().get("/health").then().statusCode(200);
    assertThat(System.nanoTime() - start).isLessThan(5 * SECOND);
  }

  @Test
  void redisIsKilledAndStartedAgain() throws Exception {
    parts.redis.kill();
    requireAtMost(LIMIT / 2, awaitLimit(LIMIT / 2));
    long during = System.nanoTime();
    soon().until(() -> load.deferred.get() > 10 && !load.since(during, "steady").isEmpty());
    requireHealth();
    assertThat(load.since(during, "steady")).allMatch(Load.Seen::allowed);
    parts.redis.start();
    requireAtMost(LIMIT, awaitLimit(LIMIT));
    load.stop();
    long requests = allowed("steady"); // each charged once, those of the outage as well
    soon().untilAsserted(() -> assertThat(charged()).isEqualTo(requests));
  }

  @Test
  void postgresqlIsKilledAndStartedAgain() throws Exception {
    Made last = key("developer", Map.of());
    load.ask("last", last.key());
    soon().until(() -> allowed("last") > 0);
    admin().delete("/v1/admin/keys/" + last.id()).then().statusCode(204);
    parts.postgres.kill();
    long killed = System.nanoTime();
    awaitAnswer("steady", killed, UNAVAILABLE);
    long over = killed + 3 * SECOND; // revocation-within is 2 s, a request may be on its way
    soon().until(() -> System.nanoTime() - over > SECOND);
    requireHealth();
    for (String who : List.of("steady", "limited", "last")) {
      soon().until(() -> !load.since(over, who).isEmpty());
      assertThat(load.since(over, who))
          .allMatch(seen -> seen.code().equals(UNAVAILABLE) && seen.status() == 503);
    }
    assertThat(decide("decision-look-request", steady.key()).get("message").textValue())
        .startsWith("Keys and budgets cannot be read at the moment, so nobody new is let in.");
    given()
        .header("x-original-uri", "/v1/models")
        .header("x-original-method", "GET")
        .header("x-api-key", steady.key())
        .get("/verify")
        .then()
        .statusCode(503);
    admin().get("/v1/admin/keys").then().statusCode(503);

    parts.postgres.start();
    long started = System.nanoTime();
    awaitAnswer("steady", started, "");
    awaitAnswer("last", started, "key_revoked");
    assertThat(load.since(started, "last")).noneMatch(Load.Seen::allowed);
    requireAtMost(LIMIT, System.nanoTime());
    load.stop();
    long requests = allowed("steady");
    soon().untilAsserted(() -> assertThat(charged()).isEqualTo(requests));
  }

  @Test
  void bothAreKilledAndStartedAgain() {
    parts.redis.kill();
    parts.postgres.kill();
    long killed = System.nanoTime();
    awaitAnswer("steady", killed, UNAVAILABLE);
    requireHealth();
    parts.postgres.start();
    parts.redis.start();
    long started = System.nanoTime();
    awaitAnswer("steady", started, "");
    requireAtMost(LIMIT, awaitLimit(LIMIT));
  }

  @Test
  void aRedisThatHangsIsTakenForGoneAndFoundAgain() {
    parts.toRedis.silence();
    requireAtMost(LIMIT / 2, awaitLimit(LIMIT / 2));
    requireHealth();
    parts.toRedis.restore();
    requireAtMost(LIMIT, awaitLimit(LIMIT));
  }

  @Test
  void aSlowRedisIsStillExact() {
    parts.toRedis.delay(Duration.ofMillis(40));
    requireAtMost(LIMIT, System.nanoTime());
    parts.toRedis.restore();
    requireAtMost(LIMIT, awaitLimit(LIMIT));
  }

  @Test
  void aDatabaseThatHangsStopsNobodyFromBeingAnswered() {
    parts.toPostgres.silence();
    long silent = System.nanoTime();
    awaitAnswer("steady", silent, UNAVAILABLE);
    for (int i = 0; i < 5; i++) {
      requireHealth();
    }
    parts.toPostgres.restore();
    awaitAnswer("steady", System.nanoTime(), "");
  }

  @Test
  void aSlowDatabaseKeepsKnownKeysGoing() {
    parts.toPostgres.delay(Duration.ofMillis(100));
    long slow = System.nanoTime();
    soon().until(() -> load.since(slow, "steady").size() > 30);
    assertThat(load.since(slow, "steady")).allMatch(Load.Seen::allowed);
    parts.toPostgres.restore();
  }

  @Test
  void aSourceThatAsksTooOftenIsToldOfOnce() {
    soon().until(() -> load.all("steady").size() > 200);
    soon().until(() -> alerts.of("10.1.2.3") > 0);
  }
}
