package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;

/** How many replicas a drain may take at once, of all that there may be. */
public class PodDisruptionBudgets extends OwnedObjects<PodDisruptionBudget> {

  public PodDisruptionBudgets() {
    super(PodDisruptionBudget.class);
  }

  @Override
  public List<PodDisruptionBudget> desired(Situation situation) {
    if (most(situation) < 2) {
      return List.of();
    }
    return List.of(
        new PodDisruptionBudgetBuilder()
            .withMetadata(metadata(situation, situation.name(), Labels.SERVER))
            .withNewSpec()
            .withMaxUnavailable(new IntOrString(situation.spec().availability().maxUnavailable()))
            .withNewSelector()
            .withMatchLabels(Labels.server(situation.name(), Track.STABLE))
            .endSelector()
            .endSpec()
            .build());
  }

  private static int most(Situation situation) {
    return switch (situation.stable().replicas()) {
      case Replicas.Fixed fixed -> fixed.count();
      case Replicas.Autoscaled autoscaled -> situation.spec().autoscaling().maxReplicas();
    };
  }
}
