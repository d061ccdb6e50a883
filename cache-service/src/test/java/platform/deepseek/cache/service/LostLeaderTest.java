package platform.deepseek.cache.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A leader of which nothing is heard for as long as a lease lasts, which is short here. */
@QuarkusTest
@TestProfile(LostLeaderTest.ShortLeases.class)
class LostLeaderTest extends LiveService {

  private static final Duration LEASE = Duration.ofSeconds(1);

  /** The service on its real parts, with shorter leases. */
  public static final class ShortLeases implements QuarkusTestProfile {
    @Override
    public List<TestResourceEntry> testResources() {
      return List.of(new TestResourceEntry(RealParts.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
      return true;
    }

    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("deepseek.cache.lease", LEASE.toMillis() + "ms");
    }
  }

  @Test
  void itsFollowersAreToldAndTheNextWhoAsksLeads() {
    ObjectNode question;
    HttpResponse<String> followed;
    long begun;
    do { // again where this machine stood still, and the lease was over before anybody followed
      begun = System.nanoTime();
      question = question();
      JsonNode lease = lookup(question);
      followed = send(to("/v1/streams/" + lease.get("stream").textValue()).GET());
    } while (followed.statusCode() == 404 && System.nanoTime() - begun > LEASE.toNanos());
    assertThat(followed.body()).endsWith("{\"end\":\"lost\"}\n");
    assertThat(outcome(question)).isEqualTo("lease");
  }
}
