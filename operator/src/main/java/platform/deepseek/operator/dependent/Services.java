package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.PortNames;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.Expose;

/**
 * The address inside the cluster, and one Service per track for weighted routes.
 *
 * <p>The first has the stable pods behind it, both tracks' while a canary takes a part, or only the
 * canary's when it takes all. Without a Gateway a canary's share therefore is its share of the
 * pods.
 *
 * <p>Those of tracks are of another component, so that a ServiceMonitor finds each pod once. Both
 * are there always: a route that points at a Service that has just gone, or is not there yet,
 * answers with errors.
 */
public class Services extends OwnedObjects<Service> {

  public Services() {
    super(Service.class);
  }

  @Override
  public List<Service> desired(Situation situation) {
    var services = new ArrayList<Service>();
    services.add(service(situation, situation.name(), Labels.SERVER, selector(situation)));
    if (situation.spec().network().expose() == Expose.GATEWAY) {
      for (var track : Track.values()) {
        services.add(
            service(
                situation,
                Names.trackService(situation.name(), track),
                "route",
                serving(situation, Labels.server(situation.name(), track))));
      }
    }
    return services;
  }

  private static Map<String, String> selector(Situation situation) {
    var weight = situation.traffic().canaryWeight();
    var pods =
        weight == 0
            ? Labels.server(situation.name(), Track.STABLE)
            : weight == 100
                ? Labels.server(situation.name(), Track.CANARY)
                : Labels.server(situation.name());
    return serving(situation, pods);
  }

  /** Of a replica that spans nodes only the leader answers. */
  private static Map<String, String> serving(Situation situation, Map<String, String> pods) {
    if (!situation.stable().spec().spansNodes()) {
      return pods;
    }
    var leaders = new java.util.HashMap<>(pods);
    leaders.put(LeaderWorkerSets.WORKER_INDEX, "0");
    return leaders;
  }

  private static Service service(
      Situation situation, String name, String component, Map<String, String> selector) {
    return new ServiceBuilder()
        .withMetadata(metadata(situation, name, component))
        .withNewSpec()
        .withType("ClusterIP")
        .withSelector(selector)
        .withPorts(ports(situation))
        .endSpec()
        .build();
  }

  private static List<ServicePort> ports(Situation situation) {
    var ports = new ArrayList<ServicePort>();
    ports.add(port(PortNames.API, 80));
    if (situation.stable().spec().engine().type() == EngineType.NATIVE) {
      ports.add(port(PortNames.MANAGEMENT, 9000));
    }
    return ports;
  }

  private static ServicePort port(String name, int number) {
    return new ServicePortBuilder()
        .withName(name)
        .withPort(number)
        .withProtocol("TCP")
        .withNewTargetPort(name)
        .build();
  }
}
