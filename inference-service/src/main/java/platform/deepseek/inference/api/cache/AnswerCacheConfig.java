package platform.deepseek.inference.api.cache;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How cache-service is reached, and how patiently. */
@ConfigMapping(prefix = "deepseek.cache")
public interface AnswerCacheConfig {

  /**
   * Address of cache-service, such as http://cache-service:8081. Default: none, nothing is kept.
   */
  Optional<String> url();

  /** What this service proves itself with; the same as cache-service's. */
  Optional<String> serviceKey();

  /** How long a lookup may take; past it the answer is computed. */
  @WithDefault("20ms")
  Duration patience();

  /** Connections for lookups at most; they are kept open. */
  @WithDefault("32")
  int connections();

  /** Connections for answers that are handed in or followed while they grow; one each. */
  @WithDefault("1024")
  int streams();

  /** How often what was computed is handed on to those who follow. */
  @WithDefault("20ms")
  Duration streamInterval();

  /**
   * How long an answer that is followed may stand still, without a word that its leader lives,
   * which cache-service sends every five seconds; past it the request is looked up again.
   */
  @WithDefault("15s")
  Duration streamSilence();

  /**
   * Whether all tenants share their answers. Then one can find out, by how fast it is answered,
   * what another has asked. Requests that name a user share with nobody all the same.
   */
  @WithDefault("false")
  boolean shared();

  /**
   * Whether the answer to a question that means the same will do, where cache-service has them
   * (deepseek.cache.semantic.enabled there); docs/caching.md tells of the risk.
   */
  @WithDefault("false")
  boolean similarAnswers();

  /** How much longer than patience a lookup of those may take. */
  @WithDefault("100ms")
  Duration similarPatience();

  /** Longest request that is looked up; longer ones are computed. */
  @WithDefault("4M")
  MemorySize maxRequestSize();
}
