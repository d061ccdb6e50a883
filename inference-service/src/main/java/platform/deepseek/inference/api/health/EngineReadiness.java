package platform.deepseek.inference.api.health;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.engine.EngineStats;

/**
 * Ready: the model is loaded (this object could not exist otherwise) and the loop turns. Of several
 * engines those that have lost their device are counted and change nothing: the others answer.
 */
@Readiness
@Singleton
public final class EngineReadiness implements HealthCheck {

  private final EnginePulse pulse;
  private final ServedModel model;

  EngineReadiness(EnginePulse pulse, ServedModel model) {
    this.pulse = pulse;
    this.model = model;
  }

  @Override
  public HealthCheckResponse call() {
    EngineStats stats = model.engine().stats();
    return HealthCheckResponse.named("engine")
        .status(pulse.beats())
        .withData("model", model.id())
        .withData("enginesServing", stats.serving())
        .withData("enginesLost", stats.lost())
        .build();
  }
}
