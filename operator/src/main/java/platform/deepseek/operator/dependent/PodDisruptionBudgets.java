package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.desired.Tracked;

/**
 * How many replicas a drain may take at once, of all that there may be of a track: while a canary
 * takes traffic it is as much missed as the stable replicas.
 */
public class PodDisruptionBudgets extends OwnedObjects<PodDisruptionBudget> {

  public PodDisruptionBudgets() {
    super(PodDisruptionBudget.class);
  }

  @Override
  public List<PodDisruptionBudget> desired(Situation situation) {
    return situation.tracked().stream()
        .filter(tracked -> most(situation, tracked) > 1)
        .map(tracked -> of(situation, tracked.track()))
        .toList();
  }

  private static PodDisruptionBudget of(Situation situation, Track track) {
    return new PodDisruptionBudgetBuilder()
        .withMetadata(metadata(situation, Names.workload(situation.name(), track), Labels.SERVER))
        .withNewSpec()
        .withMaxUnavailable(new IntOrString(situation.spec().availability().maxUnavailable()))
        .withNewSelector()
        .withMatchLabels(Labels.server(situation.name(), track))
        .endSelector()
        .endSpec()
        .build();
  }

  private static int most(Situation situation, Tracked tracked) {
    return switch (tracked.replicas()) {
      case Replicas.Fixed fixed -> fixed.count();
      case Replicas.Autoscaled autoscaled -> situation.spec().autoscaling().maxReplicas();
    };
  }
}
