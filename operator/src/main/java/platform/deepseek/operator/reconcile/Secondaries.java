package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.LeaderWorkerSet;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.desired.ScaledObject;
import platform.deepseek.operator.observe.Observed;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** The objects of a resource, out of the informers. */
final class Secondaries {

  private static final List<Class<? extends HasMetadata>> KINDS =
      List.of(
          Pod.class,
          Deployment.class,
          LeaderWorkerSet.class,
          ScaledObject.class,
          ControllerRevision.class,
          ServiceAccount.class,
          PersistentVolumeClaim.class,
          Job.class,
          Service.class,
          PodDisruptionBudget.class,
          HorizontalPodAutoscaler.class,
          NetworkPolicy.class,
          ResourceQuota.class,
          Ingress.class,
          HTTPRoute.class,
          ServiceMonitor.class,
          PrometheusRule.class);

  private Secondaries() {}

  /** Each once, and of quotas, which are watched whoever made them, the resource's own only. */
  static Observed observed(Context<DeepSeekDeployment> context) {
    var name = context.getPrimaryResource().getMetadata().getName();
    var observed =
        Observed.of(
            KINDS.stream()
                .flatMap(kind -> context.getSecondaryResourcesAsStream(kind))
                .map(HasMetadata.class::cast)
                .filter(object -> isOf(name, object))
                .collect(
                    Collectors.toMap(
                        object -> object.getKind() + "/" + object.getMetadata().getName(),
                        object -> object,
                        (first, again) -> first,
                        LinkedHashMap::new))
                .values());
    return observed.on(Nodes.of(observed.pods(), context));
  }

  private static boolean isOf(String name, HasMetadata object) {
    var labels = object.getMetadata().getLabels();
    return labels != null
        && Labels.OPERATOR.equals(labels.get(Labels.MANAGED_BY))
        && name.equals(labels.get(Labels.INSTANCE));
  }

  /** Kept revisions by their hash. */
  static Map<String, Revision> revisions(Context<DeepSeekDeployment> context) {
    return context
        .getSecondaryResourcesAsStream(ControllerRevision.class)
        .filter(it -> hash(it).isPresent())
        .collect(
            Collectors.toMap(
                it -> hash(it).orElseThrow(), it -> Revision.parse(it.getData()), (a, b) -> a));
  }

  private static Optional<String> hash(ControllerRevision revision) {
    return Optional.ofNullable(revision.getMetadata().getLabels())
        .map(labels -> labels.get(Labels.REVISION));
  }
}
