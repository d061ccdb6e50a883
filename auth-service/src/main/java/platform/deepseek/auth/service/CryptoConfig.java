package platform.deepseek.auth.service;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Which algorithms new things are made with, and how long keys are used. */
@ConfigMapping(prefix = "deepseek.crypto")
public interface CryptoConfig {

  /**
   * standard (Ed25519, SHA-256, AES-256-GCM) or sm (SM2, SM3, SM4-GCM). What was made with the
   * other one is still opened and verified.
   */
  @WithDefault("standard")
  String profile();

  /**
   * At least 64 hexadecimal digits that data keys are wrapped with, the same for all replicas;
   * default: the file master-key in deepseek.auth.data-folder, made at the first start. Lost,
   * nothing that was sealed can be opened any more.
   */
  Optional<String> masterKey();

  /** After which new things are sealed and signed with a new key. */
  @WithDefault("7d")
  Duration rotation();
}
