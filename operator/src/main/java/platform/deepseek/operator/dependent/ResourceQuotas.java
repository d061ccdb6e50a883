package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.QuotaMode;

/**
 * The namespace's quota, kept by the oldest resource that asks for it: quotas count the whole
 * namespace and all of them hold at once, so one per resource would be the smallest of them.
 */
public class ResourceQuotas extends OwnedObjects<ResourceQuota> {

  /** One name for all resources of a namespace. */
  public static final String NAME = "deepseek-platform";

  public ResourceQuotas() {
    super(ResourceQuota.class);
  }

  @Override
  public List<ResourceQuota> desired(Situation situation) {
    var quota = situation.spec().quota();
    if (quota.mode() != QuotaMode.MANAGE || !situation.quotaLeader()) {
      return List.of();
    }
    var hard = new LinkedHashMap<String, Quantity>();
    if (quota.hard().gpus() != null) {
      // The only prefix that Kubernetes counts for extended resources.
      hard.put("requests.nvidia.com/gpu", new Quantity(quota.hard().gpus().toString()));
    }
    if (quota.hard().cpu() != null) {
      hard.put("requests.cpu", quota.hard().cpu());
    }
    if (quota.hard().memory() != null) {
      hard.put("requests.memory", quota.hard().memory());
    }
    return List.of(
        new ResourceQuotaBuilder()
            .withMetadata(metadata(situation, NAME, "quota"))
            .withNewSpec()
            .withHard(hard)
            .endSpec()
            .build());
  }
}
