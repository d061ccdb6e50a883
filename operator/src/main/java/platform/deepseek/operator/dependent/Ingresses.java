package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.IngressTLSBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Backends;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.Expose;

/** The way in from outside by an Ingress. */
public class Ingresses extends OwnedObjects<Ingress> {

  public Ingresses() {
    super(Ingress.class);
  }

  @Override
  public List<Ingress> desired(Situation situation) {
    if (situation.spec().network().expose() != Expose.INGRESS) {
      return List.of();
    }
    var network = situation.spec().network();
    var backend = Backends.of(situation).getFirst();
    var ingress =
        new IngressBuilder()
            .withMetadata(metadata(situation, situation.name(), Labels.SERVER))
            .withNewSpec()
            .withIngressClassName(network.ingressClassName())
            .addNewRule()
            .withHost(network.host())
            .withNewHttp()
            .addNewPath()
            .withPath("/")
            .withPathType("Prefix")
            .withNewBackend()
            .withNewService()
            .withName(backend.service())
            .withNewPort()
            .withNumber(backend.port())
            .endPort()
            .endService()
            .endBackend()
            .endPath()
            .endHttp()
            .endRule()
            .endSpec()
            .build();
    if (network.tls() != null) {
      ingress
          .getSpec()
          .setTls(
              List.of(
                  new IngressTLSBuilder()
                      .withHosts(network.host())
                      .withSecretName(network.tls().name())
                      .build()));
    }
    return List.of(ingress);
  }
}
