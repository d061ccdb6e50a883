package platform.deepseek.operator.dependent;

import io.fabric8.openshift.api.model.monitoring.v1.EndpointBuilder;
import io.fabric8.openshift.api.model.monitoring.v1.RelabelConfig;
import io.fabric8.openshift.api.model.monitoring.v1.RelabelConfigBuilder;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitorBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.PortNames;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.Monitoring;

/** Where the Prometheus operator finds the metrics. */
public class ServiceMonitors extends OwnedObjects<ServiceMonitor> {

  public ServiceMonitors() {
    super(ServiceMonitor.class);
  }

  @Override
  public List<ServiceMonitor> desired(Situation situation) {
    if (situation.spec().observability().serviceMonitor() == Monitoring.OFF) {
      return List.of();
    }
    var nativeEngine = situation.stable().spec().engine().type() == EngineType.NATIVE;
    var endpoint =
        new EndpointBuilder()
            .withPort(nativeEngine ? PortNames.MANAGEMENT : PortNames.API)
            .withPath(nativeEngine ? "/q/metrics" : "/metrics")
            .withInterval("15s");
    // What alerts of one model ask for: names of pods begin like those of other models.
    endpoint.addToRelabelings(label(PrometheusRules.LABEL, situation.name()));
    if (nativeEngine) {
      // The platform's rules and dashboards know its services by these two labels.
      endpoint.addToRelabelings(label("job", "deepseek"), label("service", "inference"));
    }
    return List.of(
        new ServiceMonitorBuilder()
            .withMetadata(metadata(situation, situation.name(), Labels.SERVER))
            .withNewSpec()
            .withNewSelector()
            .addToMatchLabels(Labels.INSTANCE, situation.name())
            .addToMatchLabels(Labels.COMPONENT, Labels.SERVER)
            .endSelector()
            .withEndpoints(endpoint.build())
            .endSpec()
            .build());
  }

  private static RelabelConfig label(String name, String value) {
    return new RelabelConfigBuilder()
        .withAction("replace")
        .withTargetLabel(name)
        .withReplacement(value)
        .build();
  }
}
