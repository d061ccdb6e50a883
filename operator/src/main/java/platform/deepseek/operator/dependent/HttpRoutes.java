package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRefBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Backends;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.Expose;

/** The way in from outside by the Gateway API, with the weights of a rollout. */
public class HttpRoutes extends OwnedObjects<HTTPRoute> {

  public HttpRoutes() {
    super(HTTPRoute.class);
  }

  @Override
  public List<HTTPRoute> desired(Situation situation) {
    var network = situation.spec().network();
    if (network.expose() != Expose.GATEWAY) {
      return List.of();
    }
    return List.of(
        new HTTPRouteBuilder()
            .withMetadata(metadata(situation, situation.name(), Labels.SERVER))
            .withNewSpec()
            .addNewParentRef()
            .withGroup("gateway.networking.k8s.io")
            .withKind("Gateway")
            .withName(network.gatewayRef().name())
            .withNamespace(network.gatewayRef().namespace())
            .endParentRef()
            .withHostnames(network.host())
            .addNewRule()
            .addNewMatch()
            .withNewPath()
            .withType("PathPrefix")
            .withValue("/")
            .endPath()
            .endMatch()
            .withBackendRefs(Backends.of(situation).stream().map(HttpRoutes::reference).toList())
            .endRule()
            .endSpec()
            .build());
  }

  // Written out in full: the API server would add what is left out, and it would look like drift.
  private static HTTPBackendRef reference(Backends.Backend backend) {
    return new HTTPBackendRefBuilder()
        .withGroup("")
        .withKind("Service")
        .withName(backend.service())
        .withPort(backend.port())
        .withWeight(backend.weight())
        .build();
  }
}
