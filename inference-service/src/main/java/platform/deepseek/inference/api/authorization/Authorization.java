package platform.deepseek.inference.api.authorization;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.DefaultBean;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Optional;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.api.account.Uncharged;

/**
 * Who decides: as {@code deepseek.auth.mode} says, else auth-service where its address is known,
 * else the one key of the configuration.
 */
@Singleton
public final class Authorization {

  private final AuthorizationMode mode;
  private final Optional<AuthService> service;

  Authorization(AuthorizationConfig config, Vertx vertx, MeterRegistry registry) {
    Optional<String> url = config.url().filter(text -> !text.isBlank());
    mode =
        config
            .mode()
            .orElse(url.isPresent() ? AuthorizationMode.PLATFORM : AuthorizationMode.API_KEY);
    if (mode == AuthorizationMode.PLATFORM && url.isEmpty()) {
      throw new IllegalStateException(
          "nobody could ask: DEEPSEEK_AUTH_MODE=platform needs DEEPSEEK_AUTH_URL, the address of"
              + " auth-service (the operator has it from deepseek.operator.services.auth-address).");
    }
    service =
        url.filter(text -> mode == AuthorizationMode.PLATFORM)
            .map(text -> new AuthService(vertx, URI.create(text.strip()), config, registry));
  }

  public AuthorizationMode mode() {
    return mode;
  }

  /** Of mode PLATFORM alone. */
  public Optional<AuthService> service() {
    return service;
  }

  @Produces
  @Singleton
  @DefaultBean
  Accounts accounts() {
    return service.<Accounts>map(asked -> asked).orElseGet(Uncharged::new);
  }
}
