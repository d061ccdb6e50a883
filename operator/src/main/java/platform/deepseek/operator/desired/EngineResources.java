package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.MemoryNeed;
import platform.deepseek.operator.resource.GpuAllocation;

/** CPU, memory and GPUs of one pod: those written, else by the size of the model. */
public final class EngineResources {

  private static final int CPUS_PER_GPU = 4;
  private static final int GIB_PER_GPU = 16;

  private EngineResources() {}

  static ResourceRequirements of(Situation situation, Tracked tracked) {
    var spec = tracked.spec();
    var resources =
        new ResourceRequirementsBuilder(
            spec.engine().resources() == null
                ? bySize(situation, tracked)
                : spec.engine().resources());
    var gpu = spec.gpu();
    if (gpu == null) {
      return resources.build();
    }
    if (gpu.allocation() == GpuAllocation.DRA) {
      return resources.addNewClaim().withName(PodTemplate.GPU_CLAIM).endClaim().build();
    }
    var name = FitCheck.resourceName(gpu, situation.gpuClass(gpu));
    var count = new Quantity(Integer.toString(gpu.count()));
    return resources.addToRequests(name, count).addToLimits(name, count).build();
  }

  private static ResourceRequirements bySize(Situation situation, Tracked tracked) {
    var spec = tracked.spec();
    var gpus = spec.gpuIfAny().map(gpu -> gpu.count()).orElse(0);
    var cpu = gpus == 0 ? CPUS_PER_GPU : gpus * CPUS_PER_GPU;
    // On CPUs the model lives in main memory; beside GPUs memory is for loading.
    var gib =
        gpus == 0
            ? 2 + (situation.need(tracked).map(MemoryNeed::totalMiB).orElse(8192L) + 1023) / 1024
            : (long) gpus * GIB_PER_GPU;
    var requests = new LinkedHashMap<String, Quantity>();
    requests.put("cpu", new Quantity(Integer.toString(cpu)));
    requests.put("memory", new Quantity(gib + "Gi"));
    return new ResourceRequirementsBuilder()
        .withRequests(requests)
        .withLimits(Map.of("memory", new Quantity(gib + "Gi")))
        .build();
  }
}
