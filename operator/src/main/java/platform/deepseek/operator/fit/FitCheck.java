package platform.deepseek.operator.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.Gpu;
import platform.deepseek.operator.resource.GpuStatus;
import platform.deepseek.operator.resource.Model;
import platform.deepseek.operator.resource.ModelShape;
import platform.deepseek.operator.resource.Precision;
import platform.deepseek.operator.resource.Reason;
import platform.deepseek.operator.resource.Topology;

/**
 * Says before a pod exists whether the model fits into the GPUs that are asked for, and why not.
 */
public final class FitCheck {

  private final ModelShapes shapes;
  private final Map<String, GpuClass> classes;

  public FitCheck(ModelShapes shapes, Map<String, GpuClass> classes) {
    this.shapes = shapes;
    this.classes = Map.copyOf(classes);
  }

  /** The class that a resource names. */
  public Optional<GpuClass> classOf(Gpu gpu) {
    return Optional.ofNullable(classes.get(gpu.gpuClass()));
  }

  /** The class that a spec names, if it names a known one. */
  public Optional<GpuClass> classOf(DeepSeekDeploymentSpec spec) {
    return spec.gpuIfAny().flatMap(this::classOf);
  }

  /** The need of one replica, if the model's shape is known. */
  public Optional<MemoryNeed> need(DeepSeekDeploymentSpec spec) {
    return shapes
        .of(spec.model())
        .map(shape -> MemoryNeed.of(shape, spec.model(), spec.topology()));
  }

  /** Checks the spec against the cluster's nodes. */
  public Fit check(DeepSeekDeploymentSpec spec, List<GpuNode> nodes) {
    var shape = shapes.of(spec.model());
    if (spec.gpu() == null) {
      return new Fit.Fits(null, "runs on CPUs");
    }
    var gpuClass = classOf(spec.gpu());
    if (gpuClass.isEmpty()) {
      return new Fit.Refused(
          Reason.UNKNOWN_GPU_CLASS,
          null,
          "gpu.class %s is not configured; known: %s. Use one of them or add deepseek.operator.gpu-classes.%s to the operator's configuration"
              .formatted(
                  spec.gpu().gpuClass(),
                  String.join(", ", classes.keySet().stream().sorted().toList()),
                  spec.gpu().gpuClass()));
    }
    if (shape.isEmpty()) {
      return new Fit.Refused(
          Reason.UNKNOWN_MODEL,
          null,
          "the memory of model %s cannot be reckoned: its name is not known; give model.shape.parametersMillions and kvBytesPerToken"
              .formatted(spec.model().name()));
    }
    return check(spec, gpuClass.get(), shape.get(), nodes);
  }

  private static Fit check(
      DeepSeekDeploymentSpec spec, GpuClass gpuClass, ModelShape shape, List<GpuNode> nodes) {
    var gpu = spec.gpu();
    var topology = spec.topology();
    var perReplica = gpu.count() * topology.nodesPerReplica();
    var need = MemoryNeed.of(shape, spec.model(), topology);
    var memoryOfOne = memoryOfOne(gpu, gpuClass);
    var available = memoryOfOne * perReplica;
    var resource = resourceName(gpu, gpuClass);
    var candidates =
        nodes.stream()
            .filter(node -> node.usable() && node.product().equals(gpuClass.product()))
            .toList();
    var fitting = candidates.stream().filter(node -> node.allocatable() >= gpu.count()).toList();
    var free = candidates.stream().mapToInt(GpuNode::free).sum();
    var numbers =
        new GpuStatus(
            resource,
            gpuClass.product(),
            perReplica,
            need.totalMiB(),
            available,
            fitting.size(),
            free);
    if (need.totalMiB() > available) {
      return new Fit.Refused(
          Reason.MEMORY_TOO_SMALL,
          numbers,
          tooSmall(spec, gpuClass, shape, need, memoryOfOne, available));
    }
    if (fitting.size() < topology.nodesPerReplica()) {
      return new Fit.Refused(
          Reason.NO_NODE_FITS, numbers, noNode(gpu, topology, gpuClass, resource, candidates));
    }
    var message =
        "needs %s (weights %s, KV cache %s, reserve %s), %d x %s have %s"
            .formatted(
                gib(need.totalMiB()),
                gib(need.weightsMiB()),
                gib(need.kvCacheMiB()),
                gib(need.reserveMiB()),
                perReplica,
                gpuClass.name(),
                gib(available));
    var room = fitting.stream().filter(node -> node.free() >= gpu.count()).count();
    return room < topology.nodesPerReplica()
        ? new Fit.Waits(numbers, message)
        : new Fit.Fits(numbers, message);
  }

  private static long memoryOfOne(Gpu gpu, GpuClass gpuClass) {
    return gpu.migIfAny().map(mig -> mig.gibibytes() * 1024L).orElse(gpuClass.memoryMiB());
  }

  /** The extended resource that pods ask for. */
  public static String resourceName(Gpu gpu, GpuClass gpuClass) {
    return gpu.migIfAny()
        .map(mig -> "nvidia.com/mig-" + mig.profile())
        .orElse(gpuClass.resourceName());
  }

  private static String tooSmall(
      DeepSeekDeploymentSpec spec,
      GpuClass gpuClass,
      ModelShape shape,
      MemoryNeed need,
      long memoryOfOne,
      long available) {
    var ways = new ArrayList<String>();
    var model = spec.model();
    var topology = spec.topology();
    smallestCount(shape, model, topology, memoryOfOne)
        .ifPresent(
            count ->
                ways.add(
                    "use %d x %s%s"
                        .formatted(
                            count,
                            gpuClass.name(),
                            spec.engine().type() == EngineType.NATIVE
                                ? " with engine.type VLLM or SGLang"
                                : "")));
    Arrays.stream(Precision.values())
        .filter(precision -> precision.bits() < model.precision().bits())
        .filter(
            precision -> MemoryNeed.of(shape, model, topology, precision).totalMiB() <= available)
        .max(Comparator.comparingInt(Precision::bits))
        .ifPresent(precision -> ways.add("precision " + precision));
    var tokens =
        longestContext(need, model, available)
            .map(context -> "maxContextTokens " + context)
            .orElse("");
    if (!tokens.isEmpty()) {
      ways.add(tokens);
    }
    return "%s needs %s per replica (weights %s, KV cache %s for %d x %,d tokens, reserve %s) and %d x %s give %s; %s"
        .formatted(
            model.name(),
            gib(need.totalMiB()),
            gib(need.weightsMiB()),
            gib(need.kvCacheMiB()),
            model.maxConcurrency(),
            model.maxContextTokens(),
            gib(need.reserveMiB()),
            spec.gpu().count() * topology.nodesPerReplica(),
            gpuClass.name(),
            gib(available),
            ways.isEmpty() ? "use GPUs with more memory" : String.join(", or ", ways));
  }

  private static Optional<Integer> smallestCount(
      ModelShape shape, Model model, Topology topology, long memoryOfOne) {
    return List.of(1, 2, 4, 8, 16, 32).stream()
        .filter(
            count -> {
              var grid = new Topology(1, count, 1, topology.data(), 1);
              return MemoryNeed.of(shape, model, grid).totalMiB()
                  <= memoryOfOne * count * topology.data();
            })
        .map(count -> count * topology.data())
        .findFirst();
  }

  private static Optional<Integer> longestContext(MemoryNeed need, Model model, long available) {
    var forCache = available * 10 / 11 - need.weightsMiB();
    if (forCache <= 0 || need.kvCacheMiB() == 0) {
      return Optional.empty();
    }
    var tokens = (int) (model.maxContextTokens() * forCache / need.kvCacheMiB() / 128 * 128);
    return tokens >= 1024 ? Optional.of(tokens) : Optional.empty();
  }

  private static String noNode(
      Gpu gpu, Topology topology, GpuClass gpuClass, String resource, List<GpuNode> candidates) {
    var largest = candidates.stream().mapToInt(GpuNode::allocatable).max().orElse(0);
    return "needs %d node(s) with %d %s of product %s; the cluster has %d node(s) of that product, the largest with %d"
        .formatted(
            topology.nodesPerReplica(),
            gpu.count(),
            resource,
            gpuClass.product(),
            candidates.size(),
            largest);
  }

  private static String gib(long mebibytes) {
    return String.format(Locale.ROOT, "%.1f GiB", mebibytes / 1024.0);
  }
}
