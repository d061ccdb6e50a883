package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.PodSecurity;

/** The container of the engine: image, command, ports, probes, resources. */
final class EngineContainer {

  static final String NAME = "engine";

  /** Port of probes and metrics of the Native engine. */
  static final int MANAGEMENT_PORT = 9000;

  /** Routes take a moment to forget a pod: so long it serves on before it drains. */
  static final long DRAIN_DELAY_SECONDS = 5;

  private EngineContainer() {}

  static Container of(Situation situation, Tracked tracked, boolean worker) {
    var spec = tracked.spec();
    var engine = spec.engine();
    var command = EngineCommand.of(situation.settings(), spec, worker);
    var container =
        new ContainerBuilder()
            .withName(NAME)
            .withImage(engine.imageIfAny().orElse(situation.settings().images().get(engine.type())))
            .withCommand(command.command())
            .withArgs(command.arguments())
            .withEnv(command.environment())
            .withPorts(ports(spec))
            .withVolumeMounts(ModelVolumes.mounts(spec))
            .withResources(EngineResources.of(situation, tracked))
            .withSecurityContext(
                confined(
                    engine.type() == EngineType.NATIVE
                        && spec.security().podSecurity() == PodSecurity.RESTRICTED))
            .withTerminationMessagePolicy("FallbackToLogsOnError");
    if (!worker) {
      container
          .withStartupProbe(EngineProbes.startup(situation, tracked))
          .withReadinessProbe(EngineProbes.readiness(spec))
          .withLivenessProbe(EngineProbes.liveness(spec));
      if (engine.type()
          != EngineType.NATIVE) { // which serves on by itself, and says it is not ready
        container
            .withNewLifecycle()
            .withNewPreStop()
            .withNewSleep(DRAIN_DELAY_SECONDS)
            .endPreStop()
            .endLifecycle();
      }
    }
    return container.build();
  }

  private static List<ContainerPort> ports(DeepSeekDeploymentSpec spec) {
    var ports = new ArrayList<ContainerPort>();
    ports.add(port(PortNames.API, spec.engine().port()));
    if (spec.engine().type() == EngineType.NATIVE) {
      ports.add(port(PortNames.MANAGEMENT, MANAGEMENT_PORT));
    }
    return ports;
  }

  private static ContainerPort port(String name, int number) {
    return new ContainerPortBuilder()
        .withName(name)
        .withContainerPort(number)
        .withProtocol("TCP")
        .build();
  }

  static SecurityContext confined(boolean readOnlyRoot) {
    return new SecurityContextBuilder()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(readOnlyRoot)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .build();
  }
}
