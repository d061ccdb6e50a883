package platform.deepseek.operator.observe;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import platform.deepseek.operator.resource.Reason;

/**
 * What the node of a pod says of itself: that it does not answer, the pressures that a kubelet
 * tells, and what a detector of problems adds, such as the Xid of a GPU. Of other conditions nobody
 * can know whether True is good, so only types that name a fault count.
 */
final class NodeDiagnosis {

  private static final Set<String> PRESSURES =
      Set.of("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable");
  private static final Pattern FAULT =
      Pattern.compile(
          "(?i).*(xid|fault|error|failure|problem|unhealthy|deadlock|readonly|corrupt).*");

  private NodeDiagnosis() {}

  static Optional<Trouble> of(Pod pod, Collection<Node> nodes) {
    return nodes.stream()
        .filter(node -> node.getMetadata().getName().equals(pod.getSpec().getNodeName()))
        .filter(node -> node.getStatus() != null)
        .findFirst()
        .flatMap(NodeDiagnosis::of);
  }

  private static Optional<Trouble> of(Node node) {
    var conditions = node.getStatus().getConditions();
    return lost(node, conditions)
        .or(
            () ->
                conditions.stream()
                    .filter(it -> it.getStatus().equals("True") && isFault(it.getType()))
                    .map(it -> trouble(Reason.NODE_UNHEALTHY, node, "has " + it.getType(), it))
                    .findFirst());
  }

  private static Optional<Trouble> lost(Node node, List<NodeCondition> conditions) {
    return conditions.stream()
        .filter(it -> it.getType().equals("Ready") && !it.getStatus().equals("True"))
        .map(it -> trouble(Reason.NODE_LOST, node, "is not Ready", it))
        .findFirst();
  }

  private static boolean isFault(String type) {
    return PRESSURES.contains(type) || FAULT.matcher(type).matches();
  }

  private static Trouble trouble(Reason reason, Node node, String what, NodeCondition condition) {
    var name = node.getMetadata().getName();
    return new Trouble(
        reason,
        "Node/" + name,
        condition.getType().equals("Ready") ? "NotReady" : condition.getType(),
        "node %s %s: %s (%s); kubectl drain it if that lasts"
            .formatted(name, what, condition.getMessage(), condition.getReason()),
        null);
  }
}
