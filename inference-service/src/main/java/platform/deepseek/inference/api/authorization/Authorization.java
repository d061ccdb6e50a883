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

/** Who decides: auth-service where its address is known, else the one key of the configuration. */
@Singleton
public final class Authorization {

  private final Optional<AuthService> service;

  Authorization(AuthorizationConfig config, Vertx vertx, MeterRegistry registry) {
    service =
        config
            .url()
            .filter(url -> !url.isBlank())
            .map(url -> new AuthService(vertx, URI.create(url.strip()), config, registry));
  }

  /** Nothing for a service alone. */
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
