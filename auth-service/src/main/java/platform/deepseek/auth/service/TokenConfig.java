package platform.deepseek.auth.service;

import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;

/**
 * Bearer tokens: those made here, {@code deepseek.auth.token.*}. Identity providers are entered by
 * administrators, not here; only how they are asked is.
 */
public interface TokenConfig {

  /**
   * Address of this service as others reach it, without a path: the claim iss of its tokens and
   * where their keys are looked for.
   */
  @WithDefault("http://localhost:8082")
  String issuer();

  /** Audiences that tokens are made for; the first is this platform itself. */
  @WithDefault("deepseek-platform")
  List<String> audiences();

  /** How long a token made out of a key holds, 15 minutes at most. */
  @WithDefault("10m")
  Duration lifetime();

  /** After which another key signs, 7 days at most. */
  @WithDefault("7d")
  Duration keyRotation();

  /** How long a key is public before it signs. */
  @WithDefault("1d")
  Duration keyPublishedAhead();

  /**
   * Age at which an identity provider's keys are fetched again: so long is a withdrawn one used.
   */
  @WithDefault("5m")
  Duration providerRefresh();

  /** Between two attempts to fetch them, whatever tokens come. */
  @WithDefault("5s")
  Duration providerRetry();

  /** How long keys are used on while their provider does not answer. */
  @WithDefault("1h")
  Duration providerKeysMaxAge();

  /** By which a provider's clock may be ahead. */
  @WithDefault("30s")
  Duration clockSkew();

  /** For one answer of a provider. */
  @WithDefault("3s")
  Duration providerPatience();

  /** Whether providers without TLS are taken that are not on this machine. */
  @WithDefault("false")
  boolean plainIssuers();
}
