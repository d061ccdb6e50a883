package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.operator.fit.GpuNode;

/**
 * The nodes with GPUs and what pods have asked of them. Asked for at most every ten seconds
 * whatever the number of resources: it reads every running pod of the cluster, or, where the
 * operator looks after some namespaces only, theirs; then GPUs that other namespaces have taken
 * count as free.
 */
public final class ClusterInventory {

  private static final Duration FRESH_FOR = Duration.ofSeconds(10);
  private static final String PRODUCT = "nvidia.com/gpu.product";
  private static final String MEMORY = "nvidia.com/gpu.memory";

  private record Picture(List<Node> nodes, Map<String, List<Pod>> podsByNode, Instant taken) {}

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final Clock clock;
  private Picture picture;

  /**
   * @param namespaces those whose pods may be read; none: all
   */
  public ClusterInventory(KubernetesClient client, Set<String> namespaces, Clock clock) {
    this.client = client;
    this.namespaces = Set.copyOf(namespaces);
    this.clock = clock;
  }

  /** Nodes that have some of this extended resource. */
  public List<GpuNode> nodes(String resourceName) {
    var now = picture();
    return now.nodes.stream()
        .map(node -> gpuNode(node, resourceName, now))
        .flatMap(Optional::stream)
        .toList();
  }

  private synchronized Picture picture() {
    var now = clock.instant();
    if (picture == null || picture.taken.plus(FRESH_FOR).isBefore(now)) {
      var nodes = client.nodes().withLabel(PRODUCT).list().getItems();
      picture =
          new Picture(
              nodes,
              pods().collect(Collectors.groupingBy(pod -> pod.getSpec().getNodeName())),
              now);
    }
    return picture;
  }

  private Stream<Pod> pods() {
    return namespaces.isEmpty()
        ? onNodes(client.pods().inAnyNamespace())
        : namespaces.stream().flatMap(name -> onNodes(client.pods().inNamespace(name)));
  }

  private static Stream<Pod> onNodes(FilterWatchListDeletable<Pod, PodList, PodResource> pods) {
    return pods
        .withoutField("status.phase", "Succeeded")
        .withoutField("status.phase", "Failed")
        .withoutField("spec.nodeName", "")
        .list()
        .getItems()
        .stream();
  }

  private static Optional<GpuNode> gpuNode(Node node, String resourceName, Picture picture) {
    var allocatable = count(node.getStatus().getAllocatable(), resourceName);
    var name = node.getMetadata().getName();
    var requested =
        picture.podsByNode.getOrDefault(name, List.of()).stream()
            .flatMap(pod -> pod.getSpec().getContainers().stream())
            .filter(container -> container.getResources() != null)
            .mapToInt(container -> count(container.getResources().getRequests(), resourceName))
            .sum();
    var labels = node.getMetadata().getLabels();
    return allocatable == 0
        ? Optional.empty()
        : Optional.of(
            new GpuNode(
                name,
                labels.get(PRODUCT),
                Long.parseLong(labels.getOrDefault(MEMORY, "0")),
                allocatable,
                requested,
                usable(node)));
  }

  private static boolean usable(Node node) {
    return !Objects.equals(node.getSpec().getUnschedulable(), true)
        && node.getStatus().getConditions().stream()
            .anyMatch(it -> it.getType().equals("Ready") && it.getStatus().equals("True"));
  }

  private static int count(Map<String, Quantity> amounts, String resourceName) {
    return Optional.ofNullable(amounts)
        .map(it -> it.get(resourceName))
        .map(quantity -> quantity.getNumericalAmount().intValue())
        .orElse(0);
  }
}
