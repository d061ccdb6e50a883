package platform.deepseek.inference.api.health;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long the end of the service takes at most. */
@ConfigMapping(prefix = "deepseek.drain")
public interface DrainConfig {

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
