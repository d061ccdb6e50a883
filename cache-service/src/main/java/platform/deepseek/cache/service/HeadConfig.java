package platform.deepseek.cache.service;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What a connection may take of the server before it asks for anything. */
@ConfigMapping(prefix = "deepseek.head")
interface HeadConfig {

  /**
   * How long the head of a request may take to come: the first one's from when the connection is
   * open, every other one's from its first byte. Between requests quarkus.http.idle-timeout holds.
   */
  @WithDefault("30s")
  Duration within();
}
