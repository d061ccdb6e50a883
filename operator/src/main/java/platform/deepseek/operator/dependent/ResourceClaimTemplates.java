package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import java.util.Map;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.ResourceClaimTemplate;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Tracked;
import platform.deepseek.operator.resource.GpuAllocation;

/** Claims on GPUs of a device class, where GPUs are allocated dynamically. */
public class ResourceClaimTemplates extends OwnedObjects<ResourceClaimTemplate> {

  public ResourceClaimTemplates() {
    super(ResourceClaimTemplate.class);
  }

  @Override
  public List<ResourceClaimTemplate> desired(Situation situation) {
    return situation.tracked().stream()
        .filter(
            tracked ->
                tracked.spec().gpu() != null
                    && tracked.spec().gpu().allocation() == GpuAllocation.DRA)
        .map(tracked -> of(situation, tracked))
        .toList();
  }

  private static ResourceClaimTemplate of(Situation situation, Tracked tracked) {
    var gpu = tracked.spec().gpu();
    var template = new ResourceClaimTemplate();
    template.setMetadata(
        new ObjectMetaBuilder()
            .withName(Names.workload(situation.name(), tracked.track()) + "-gpus")
            .withNamespace(situation.namespace())
            .withLabels(Labels.of(situation.name(), Labels.SERVER))
            .build());
    template.setSpec(
        Map.of(
            "spec",
            Map.of(
                "devices",
                Map.of(
                    "requests",
                    List.of(
                        Map.of(
                            "name",
                            "gpus",
                            "exactly",
                            Map.of(
                                "deviceClassName", situation.gpuClass(gpu).deviceClass(),
                                "allocationMode", "ExactCount",
                                "count", gpu.count())))))));
    return template;
  }
}
