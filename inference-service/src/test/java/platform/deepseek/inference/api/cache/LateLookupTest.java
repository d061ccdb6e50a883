package platform.deepseek.inference.api.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.api.contract.Examples.CACHE_SERVICE;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.client.Await;
import platform.deepseek.inference.api.client.Endpoint;
import platform.deepseek.inference.api.client.HttpReply;
import platform.deepseek.inference.api.client.RawConnection;
import platform.deepseek.inference.api.parrot.ParrotProfile;

/** A lookup that nobody waits for any more; the other tests have all the time they need. */
@QuarkusTest
@TestProfile(LateLookupTest.Impatient.class)
class LateLookupTest {

  private static final Duration SOON = Duration.ofMinutes(1);

  /** The parrot beside cache-service, with little patience for it. */
  public static final class Impatient extends ParrotProfile {

    @Override
    public Map<String, String> getConfigOverrides() {
      Map<String, String> overrides =
          new HashMap<>(new CachedServiceTest.Cached().getConfigOverrides());
      overrides.put("deepseek.cache.patience", "300ms");
      return overrides;
    }
  }

  @ConfigProperty(name = "deepseek.cache.url")
  URI address;

  @TestHTTPResource("/")
  URI server;

  @Inject MeterRegistry meters;

  private double unavailable() {
    return meters.counter("deepseek.answer.cache.lookups", "outcome", "unavailable").count();
  }

  @Test
  void aLookupThatTakesTooLongIsAMissAndItsLeaseGoesBack() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    try (PlayedCache cache = new PlayedCache(address);
        RawConnection client = new RawConnection(server)) {
      cache.answers(
          lookup -> {
            try {
              told.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return CACHE_SERVICE.read("lookup-lease").toString();
          });
      client.post(
          Endpoint.OPENAI_CHAT.path,
          ParrotProfile.KEY,
          "{\"temperature\":0," + Endpoint.OPENAI_CHAT.request("Hello", 50, false).substring(1));
      HttpReply reply = client.reply();
      assertThat(Endpoint.OPENAI_CHAT.text(reply.chunks(), false)).isEqualTo("Hello");
      assertThat(reply.headers()).containsEntry("x-cache", "MISS");
      assertThat(unavailable()).isEqualTo(1);
      told.countDown();
      String key = CACHE_SERVICE.read("lookup-lease").get("key").textValue();
      Await.until(SOON, "the lease is given back", () -> cache.returned().contains(key));
      assertThat(cache.led()).isEmpty();
    }
  }
}
