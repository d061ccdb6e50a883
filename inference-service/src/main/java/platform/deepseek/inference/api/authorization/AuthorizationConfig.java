package platform.deepseek.inference.api.authorization;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How auth-service is reached, and how patiently. */
@ConfigMapping(prefix = "deepseek.auth")
public interface AuthorizationConfig {

  /**
   * platform: auth-service decides; api-key: deepseek.api-key is the one key; none: nobody is asked
   * for anything, for where the network lets in only who may ask. Default: platform where there is
   * a url, else api-key.
   */
  Optional<AuthorizationMode> mode();

  /** Address of auth-service, such as http://auth-service:8082. Default: none. */
  Optional<String> url();

  /** What this service proves itself with; the same as auth-service's. */
  Optional<String> serviceKey();

  /** How long an answer may take; past it a new request gets a 503. */
  @WithDefault("2s")
  Duration patience();

  /** Connections to auth-service at most; they are kept open. */
  @WithDefault("32")
  int connections();

  /**
   * For how long it is remembered who a credential belongs to. It only spares a question before a
   * long body is read: whether a request is answered is asked every time.
   */
  @WithDefault("10s")
  Duration identityCache();

  /**
   * How often it is said that a request still runs; a third of auth-service's reservation-lease.
   */
  @WithDefault("5m")
  Duration renewalInterval();

  /** Settlements that wait at most while auth-service is away; past it they are lost. */
  @WithDefault("10000")
  int settlementsLimit();

  /** How long the end of the service waits for the last settlements. */
  @WithDefault("5s")
  Duration settlementsDrain();
}
