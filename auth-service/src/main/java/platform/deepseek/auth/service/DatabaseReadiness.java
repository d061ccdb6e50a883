package platform.deepseek.auth.service;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import platform.deepseek.auth.identity.RevisionWatch;
import platform.deepseek.auth.limit.Limiter;

/**
 * Ready while the database answers. Redis may be away: then limits are held by shares, which is
 * told here and is no reason to take a replica out.
 */
@Readiness
@Singleton
final class DatabaseReadiness implements HealthCheck {

  private final RevisionWatch watch;
  private final Limiter limiter;

  DatabaseReadiness(RevisionWatch watch, Limiter limiter) {
    this.watch = watch;
    this.limiter = limiter;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("database")
        .status(watch.isFresh())
        .withData("limits", limiter.isOutage() ? "local share" : "shared")
        .build();
  }
}
