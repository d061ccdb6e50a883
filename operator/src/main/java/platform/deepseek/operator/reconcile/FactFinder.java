package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import platform.deepseek.operator.desired.Hash;
import platform.deepseek.operator.desired.ReadSecrets;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.GpuNode;
import platform.deepseek.operator.preflight.Facts;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.QuotaMode;

/**
 * Finds out what a reconciliation has to know of the cluster. Secrets are read one by one by name:
 * the operator may not list them, and keeps none.
 */
public final class FactFinder {

  private final KubernetesClient client;
  private final ClusterInventory inventory;
  private final ServedKinds served;
  private final FitCheck fitCheck;

  public FactFinder(
      KubernetesClient client, ClusterInventory inventory, ServedKinds served, FitCheck fitCheck) {
    this.client = client;
    this.inventory = inventory;
    this.served = served;
    this.fitCheck = fitCheck;
  }

  public Facts find(DeepSeekDeployment resource) {
    var spec = resource.getSpec();
    var namespace = resource.getMetadata().getNamespace();
    return new Facts(
        nodes(spec), quotas(spec, namespace), secrets(spec, namespace), served.abilities());
  }

  /** Whether this is the oldest resource of its namespace that keeps the quota. */
  public boolean leadsQuota(DeepSeekDeployment resource) {
    if (resource.getSpec().quota().mode() != QuotaMode.MANAGE) {
      return false;
    }
    return client
        .resources(DeepSeekDeployment.class)
        .inNamespace(resource.getMetadata().getNamespace())
        .list()
        .getItems()
        .stream()
        .filter(other -> other.getSpec().quota().mode() == QuotaMode.MANAGE)
        .min(
            Comparator.comparing(
                    (DeepSeekDeployment other) -> other.getMetadata().getCreationTimestamp())
                .thenComparing(other -> other.getMetadata().getName()))
        .map(oldest -> oldest.getMetadata().getName().equals(resource.getMetadata().getName()))
        .orElse(false);
  }

  private List<GpuNode> nodes(DeepSeekDeploymentSpec spec) {
    return fitCheck
        .classOf(spec)
        .map(gpuClass -> inventory.nodes(FitCheck.resourceName(spec.gpu(), gpuClass)))
        .orElse(List.of());
  }

  private List<ResourceQuota> quotas(DeepSeekDeploymentSpec spec, String namespace) {
    return spec.quota().mode() == QuotaMode.OFF
        ? List.of()
        : client.resourceQuotas().inNamespace(namespace).list().getItems();
  }

  private Map<String, String> secrets(DeepSeekDeploymentSpec spec, String namespace) {
    var hashes = new LinkedHashMap<String, String>();
    for (var name : ReadSecrets.all(spec)) {
      var secret = client.secrets().inNamespace(namespace).withName(name).get();
      if (secret != null) {
        hashes.put(name, hash(secret));
      }
    }
    return hashes;
  }

  private static String hash(Secret secret) {
    return Hash.of(secret.getData() == null ? "" : new TreeMap<>(secret.getData()).toString());
  }
}
