package platform.deepseek.operator.service;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import org.jboss.logging.Logger;

/**
 * Has the Lease belong to the Deployment of the operators, so that Kubernetes deletes it with them.
 * A chart cannot bring it: an upgrade would write over who leads.
 */
record LeaseOwner(KubernetesClient client, String namespace, String deployment) {

  private static final Logger LOG = Logger.getLogger(LeaseOwner.class);

  void own() {
    try {
      // Listed, not got: that is what the role allows.
      client
          .apps()
          .deployments()
          .inNamespace(namespace)
          .withField("metadata.name", deployment)
          .list()
          .getItems()
          .forEach(this::own);
    } catch (KubernetesClientException failure) {
      LOG.warnf(
          "the Lease %s/%s will outlive Deployment %s: %s",
          namespace, Wiring.LEASE, deployment, failure.getMessage());
    }
  }

  private void own(Deployment owner) {
    var owned =
        new LeaseBuilder()
            .withNewMetadata()
            .withName(Wiring.LEASE)
            .withNamespace(namespace)
            .addNewOwnerReference()
            .withApiVersion(owner.getApiVersion())
            .withKind(owner.getKind())
            .withName(owner.getMetadata().getName())
            .withUid(owner.getMetadata().getUid())
            .endOwnerReference()
            .endMetadata()
            .build();
    client.resource(owned).patch(PatchContext.of(PatchType.JSON_MERGE));
  }
}
