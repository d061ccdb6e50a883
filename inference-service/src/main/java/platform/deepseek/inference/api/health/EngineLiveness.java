package platform.deepseek.inference.api.health;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Alive: the loop turns, however many wait. A hung one is cured by a restart alone. */
@Liveness
@Singleton
public final class EngineLiveness implements HealthCheck {

  private final EnginePulse pulse;

  EngineLiveness(EnginePulse pulse) {
    this.pulse = pulse;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("engine loop").status(pulse.beats()).build();
  }
}
