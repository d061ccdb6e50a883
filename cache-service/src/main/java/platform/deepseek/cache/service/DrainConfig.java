package platform.deepseek.cache.service;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long the end of the service takes at most. */
@ConfigMapping(prefix = "deepseek.drain")
interface DrainConfig {

  /**
   * For how long requests are served on after SIGTERM, while readiness tells balancers to go
   * elsewhere; longer than the interval at which they ask.
   */
  @WithDefault("3s")
  Duration delay();

  /** For how long requests that were begun by then may take. */
  @WithDefault("20s")
  Duration time();
}
