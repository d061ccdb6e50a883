package platform.deepseek.operator.preflight;

import io.fabric8.kubernetes.api.model.ResourceQuota;
import java.util.List;
import java.util.Map;
import platform.deepseek.operator.desired.Abilities;
import platform.deepseek.operator.fit.GpuNode;

/**
 * What the cluster was found to hold when a reconciliation began.
 *
 * @param secretHashes of the Secrets that the resource names and that exist
 */
public record Facts(
    List<GpuNode> nodes,
    List<ResourceQuota> quotas,
    Map<String, String> secretHashes,
    Abilities abilities) {}
