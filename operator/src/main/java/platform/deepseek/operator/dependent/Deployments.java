package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpecFluent;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.List;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.PodTemplate;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Tracked;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.RolloutStrategy;

/**
 * One Deployment per track for replicas of one node.
 *
 * <p>Under an autoscaler {@code spec.replicas} is not ours. A field that server-side apply no
 * longer names is dropped and falls back to 1, which would stop most of a busy fleet; so before we
 * leave it out another field manager takes the live value over.
 */
public class Deployments extends OwnedObjects<Deployment> {

  /** Holds spec.replicas between us and the autoscaler. */
  static final String HANDOVER = Labels.OPERATOR + "-replicas";

  public Deployments() {
    super(Deployment.class);
  }

  @Override
  public List<Deployment> desired(Situation situation) {
    return situation.tracked().stream()
        .filter(tracked -> !tracked.spec().spansNodes())
        .map(tracked -> of(situation, tracked))
        .toList();
  }

  private static Deployment of(Situation situation, Tracked tracked) {
    var spec =
        new DeploymentBuilder()
            .withNewMetadata()
            .withName(Names.workload(situation.name(), tracked.track()))
            .withNamespace(situation.namespace())
            .withLabels(Labels.of(situation.name(), Labels.SERVER))
            .addToLabels(Labels.TRACK, tracked.track().text())
            .addToLabels(WorkloadLabels.of(situation))
            .endMetadata()
            .withNewSpec()
            .withReplicas(replicas(tracked))
            .withRevisionHistoryLimit(2)
            .withProgressDeadlineSeconds(situation.spec().rollout().progressDeadlineSeconds())
            .withNewSelector()
            .withMatchLabels(Labels.server(situation.name(), tracked.track()))
            .endSelector()
            .withTemplate(PodTemplate.of(situation, tracked));
    return strategy(situation, spec).endSpec().build();
  }

  private static <N extends DeploymentSpecFluent<N>> N strategy(Situation situation, N spec) {
    if (situation.spec().rollout().strategy() == RolloutStrategy.RECREATE) {
      return spec.withNewStrategy().withType("Recreate").endStrategy();
    }
    // With spare GPUs start one more first, else there is room only where one has stopped.
    return spec.withNewStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withMaxSurge(new IntOrString(situation.surge() ? 1 : 0))
        .withMaxUnavailable(new IntOrString(situation.surge() ? 0 : 1))
        .endRollingUpdate()
        .endStrategy();
  }

  private static Integer replicas(Tracked tracked) {
    return switch (tracked.replicas()) {
      case Replicas.Fixed fixed -> fixed.count();
      case Replicas.Autoscaled autoscaled -> null;
    };
  }

  @Override
  public Deployment create(
      Deployment desired, DeepSeekDeployment primary, Context<DeepSeekDeployment> context) {
    if (desired.getSpec().getReplicas() == null) {
      desired.getSpec().setReplicas(start(desired, context));
    }
    return super.create(desired, primary, context);
  }

  private static int start(Deployment desired, Context<DeepSeekDeployment> context) {
    var situation = situation(context);
    return situation.tracked().stream()
        .filter(
            tracked ->
                Names.workload(situation.name(), tracked.track())
                    .equals(desired.getMetadata().getName()))
        .map(Tracked::replicas)
        .map(
            replicas ->
                switch (replicas) {
                  case Replicas.Fixed fixed -> fixed.count();
                  case Replicas.Autoscaled autoscaled -> autoscaled.start();
                })
        .findFirst()
        .orElseThrow();
  }

  @Override
  public Deployment update(
      Deployment actual,
      Deployment desired,
      DeepSeekDeployment primary,
      Context<DeepSeekDeployment> context) {
    if (desired.getSpec().getReplicas() == null && ReplicasOwner.isUs(actual, context)) {
      ReplicasOwner.handOver(actual, actual.getSpec().getReplicas(), context);
    }
    return super.update(actual, desired, primary, context);
  }
}
