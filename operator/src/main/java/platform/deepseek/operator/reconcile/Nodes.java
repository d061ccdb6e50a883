package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/**
 * Watches nodes: one that falls ill concerns the resources whose pods it runs, minutes before
 * Kubernetes gives the pods up. Of its conditions only what they say counts, not their heartbeat.
 */
final class Nodes {

  private static final String NAME = "nodes";

  private Nodes() {}

  static InformerEventSource<Node, DeepSeekDeployment> source(
      EventSourceContext<DeepSeekDeployment> context,
      InformerEventSource<Pod, DeepSeekDeployment> pods) {
    var nodes =
        InformerEventSourceConfiguration.from(Node.class, DeepSeekDeployment.class)
            .withName(NAME)
            .withWatchAllNamespaces()
            .withSecondaryToPrimaryMapper(node -> resourcesOn(node, pods))
            .withOnAddFilter(node -> false)
            .withOnUpdateFilter((now, before) -> !said(now).equals(said(before)))
            .build();
    return new InformerEventSource<>(nodes, context);
  }

  private static Set<ResourceID> resourcesOn(
      Node node, InformerEventSource<Pod, DeepSeekDeployment> pods) {
    var name = node.getMetadata().getName();
    return pods.list(pod -> name.equals(pod.getSpec().getNodeName()))
        .flatMap(pod -> DeepSeekDeploymentReconciler.owner(pod).stream())
        .collect(Collectors.toSet());
  }

  private static Set<String> said(Node node) {
    return node.getStatus() == null
        ? Set.of()
        : node.getStatus().getConditions().stream().map(Nodes::said).collect(Collectors.toSet());
  }

  private static String said(NodeCondition condition) {
    return "%s %s %s".formatted(condition.getType(), condition.getStatus(), condition.getReason());
  }

  /** The nodes on which these pods are. */
  static List<Node> of(Collection<Pod> pods, Context<DeepSeekDeployment> context) {
    var source =
        (InformerEventSource<Node, DeepSeekDeployment>)
            context.eventSourceRetriever().getEventSourceFor(Node.class, NAME);
    return pods.stream()
        .map(pod -> pod.getSpec().getNodeName())
        .filter(Objects::nonNull)
        .distinct()
        .flatMap(name -> source.get(new ResourceID(name)).stream())
        .toList();
  }
}
