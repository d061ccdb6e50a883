package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import platform.deepseek.operator.anomaly.Observation;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.GpuNode;
import platform.deepseek.operator.heal.Sightings;
import platform.deepseek.operator.heal.Signs;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.SecretReference;

/** Events, log lines, nodes and Secrets, by the API server. */
public final class ClusterSigns implements Signs {

  private static final Logger LOG = Logger.getLogger(ClusterSigns.class);
  private static final int MOST_BYTES = 256 * 1024;
  private static final String ADDRESS_KEY = "url";

  private final KubernetesClient client;
  private final ClusterInventory inventory;
  private final FitCheck fitCheck;

  public ClusterSigns(KubernetesClient client, ClusterInventory inventory, FitCheck fitCheck) {
    this.client = Glance.with(client);
    this.inventory = inventory;
    this.fitCheck = fitCheck;
  }

  @Override
  public List<Observation> of(String namespace, Collection<Pod> pods, Instant since) {
    var all = new ArrayList<Observation>();
    try {
      var events = client.v1().events().inNamespace(namespace).list().getItems();
      all.addAll(Sightings.events(events, pods));
    } catch (KubernetesClientException e) {
      LOG.warnf("the Events of %s could not be read: %s", namespace, e.getMessage());
    }
    for (var pod : pods) {
      if (pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase())) {
        for (var container : pod.getSpec().getContainers()) {
          all.addAll(lines(pod, container, since));
        }
      }
    }
    all.removeIf(it -> it.time().isBefore(since));
    return all;
  }

  private List<Observation> lines(Pod pod, Container container, Instant since) {
    var metadata = pod.getMetadata();
    try {
      var log =
          client
              .pods()
              .inNamespace(metadata.getNamespace())
              .withName(metadata.getName())
              .inContainer(container.getName())
              .usingTimestamps()
              .limitBytes(MOST_BYTES)
              .sinceTime(since.toString())
              .getLog();
      return log == null ? List.of() : Sightings.lines(pod, container.getName(), log);
    } catch (KubernetesClientException e) {
      LOG.debugf("no log of %s: %s", metadata.getName(), e.getMessage());
      return List.of();
    }
  }

  @Override
  public List<GpuNode> nodes(DeepSeekDeploymentSpec spec) {
    return fitCheck
        .classOf(spec)
        .map(
            gpuClass ->
                inventory.nodes(FitCheck.resourceName(spec.gpu(), gpuClass)).stream()
                    .filter(node -> gpuClass.product().equals(node.product()))
                    .toList())
        .orElse(List.of());
  }

  @Override
  public String address(String namespace, SecretReference secret) {
    return Optional.ofNullable(
            client.secrets().inNamespace(namespace).withName(secret.name()).get())
        .map(it -> it.getData())
        .map(data -> data.get(ADDRESS_KEY))
        .map(value -> new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8).strip())
        .orElse("");
  }
}
