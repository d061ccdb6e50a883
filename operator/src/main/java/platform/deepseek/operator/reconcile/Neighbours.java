package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.QuotaMode;

/**
 * What else is in a resource's namespace, out of informers: asked of the API server for each look,
 * it would be the only request that a settled resource makes.
 *
 * @param quotas all quotas of the namespace, whoever made them
 * @param resources all resources of our kind
 */
record Neighbours(List<ResourceQuota> quotas, List<DeepSeekDeployment> resources) {

  private static final String QUOTAS = "quotas-of-namespaces";

  /**
   * Watches every quota. Another limit concerns all resources of its namespace at once; what is
   * used of it changes with every pod and is read when somebody looks anyway.
   */
  static InformerEventSource<ResourceQuota, DeepSeekDeployment> quotaSource(
      EventSourceContext<DeepSeekDeployment> context) {
    var primaries = context.getPrimaryCache();
    var quotas =
        InformerEventSourceConfiguration.from(ResourceQuota.class, DeepSeekDeployment.class)
            .withName(QUOTAS)
            .withSecondaryToPrimaryMapper(
                quota ->
                    primaries
                        .list(quota.getMetadata().getNamespace(), it -> true)
                        .map(ResourceID::fromResource)
                        .collect(Collectors.toSet()))
            .withOnUpdateFilter((now, before) -> !Objects.equals(now.getSpec(), before.getSpec()))
            .build();
    return new InformerEventSource<>(quotas, context);
  }

  static Neighbours of(DeepSeekDeployment resource, Context<DeepSeekDeployment> context) {
    var namespace = resource.getMetadata().getNamespace();
    var source =
        (InformerEventSource<ResourceQuota, DeepSeekDeployment>)
            context.eventSourceRetriever().getEventSourceFor(ResourceQuota.class, QUOTAS);
    return new Neighbours(
        source.list(namespace, it -> true).toList(),
        context.getPrimaryCache().list(namespace, it -> true).toList());
  }

  /** Whether this is the oldest resource of its namespace that keeps the quota. */
  boolean letLead(DeepSeekDeployment resource) {
    return resource.getSpec().quota().mode() == QuotaMode.MANAGE
        && resources.stream()
            .filter(other -> other.getSpec().quota().mode() == QuotaMode.MANAGE)
            .min(
                Comparator.comparing(
                        (DeepSeekDeployment other) -> other.getMetadata().getCreationTimestamp())
                    .thenComparing(other -> other.getMetadata().getName()))
            .map(oldest -> oldest.getMetadata().getName().equals(resource.getMetadata().getName()))
            .orElse(false);
  }
}
