package platform.deepseek.auth.service;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** How the audit is kept. */
@ConfigMapping(prefix = "deepseek.audit")
public interface AuditConfig {

  /** Between two signatures over what is new. */
  @WithDefault("1m")
  Duration checkpointInterval();

  /**
   * File that signed checkpoints are appended to, for somebody who keeps it elsewhere. Default:
   * none, they are told in the log.
   */
  Optional<Path> witnessFile();

  /** How long administration waits for its event to be written before it is refused. */
  @WithDefault("5s")
  Duration patience();

  /** After which entries are deleted, with a signed note of it. Default: never. */
  Optional<Duration> retention();

  /** After which requests are deleted that the audits of tenants keep which asked for it. */
  @WithDefault("30d")
  Duration promptRetention();
}
