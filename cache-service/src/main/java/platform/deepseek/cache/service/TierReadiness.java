package platform.deepseek.cache.service;

import jakarta.inject.Singleton;
import java.util.Locale;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;
import platform.deepseek.cache.answer.Rung;

/** Always ready: without any of its tiers it still leads and follows. How they fare is told. */
@Readiness
@Singleton
final class TierReadiness implements HealthCheck {

  private final TierWiring.Rungs rungs;

  TierReadiness(TierWiring.Rungs rungs) {
    this.rungs = rungs;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder response = HealthCheckResponse.named("tiers").up();
    for (Rung rung : rungs.list()) {
      response.withData(rung.tier().name(), rung.tier().state().name().toLowerCase(Locale.ROOT));
    }
    return response.build();
  }
}
