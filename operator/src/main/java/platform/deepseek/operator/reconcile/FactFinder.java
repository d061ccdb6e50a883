package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
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

  Facts find(DeepSeekDeployment resource, Neighbours neighbours) {
    var spec = resource.getSpec();
    return new Facts(
        nodes(spec),
        spec.quota().mode() == QuotaMode.OFF ? List.of() : neighbours.quotas(),
        secrets(spec, resource.getMetadata().getNamespace()),
        served.abilities());
  }

  private List<GpuNode> nodes(DeepSeekDeploymentSpec spec) {
    return fitCheck
        .classOf(spec)
        .map(gpuClass -> inventory.nodes(FitCheck.resourceName(spec.gpu(), gpuClass)))
        .orElse(List.of());
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
