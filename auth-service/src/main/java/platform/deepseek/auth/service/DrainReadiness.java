package platform.deepseek.auth.service;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready from the first signal to stop on, while requests are still served. */
@Readiness
@Singleton
final class DrainReadiness implements HealthCheck {

  private final Draining draining;

  DrainReadiness(Draining draining) {
    this.draining = draining;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("not stopping").status(!draining.drain().begun()).build();
  }
}
