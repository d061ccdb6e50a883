package platform.deepseek.inference.api.cache;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How computed prefixes are shared through cache-service, where there is one. */
@ConfigMapping(prefix = "deepseek.cache.prefixes")
public interface PrefixStoreConfig {

  /** Whether they are. */
  @WithDefault("true")
  boolean enabled();

  /** How long the question may take how much of a prefix is there; past it, it is computed. */
  @WithDefault("15ms")
  Duration patience();

  /** How long a transfer may stand still; past it, what has not come is computed. */
  @WithDefault("250ms")
  Duration silence();

  /** Memory for blocks on their way in, until they are in their slot. */
  @WithDefault("256M")
  MemorySize stagingMemory();

  /** Memory for blocks on their way out. */
  @WithDefault("64M")
  MemorySize queueMemory();

  /** What is copied out between two steps at most, though always one block. */
  @WithDefault("8M")
  MemorySize stepBytes();
}
