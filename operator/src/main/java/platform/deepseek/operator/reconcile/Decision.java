package platform.deepseek.operator.reconcile;

import java.util.Objects;
import java.util.Optional;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.preflight.Verdict;
import platform.deepseek.operator.resource.StandbyStatus;
import platform.deepseek.operator.rollout.RolloutPlan;

/** What a reconciliation has decided before it touches anything. */
record Decision(
    Situation situation, RolloutPlan plan, Verdict verdict, Optional<StandbyStatus> standby) {

  /** Whether the rollout's state is another than the one that the resource's status has. */
  boolean movesTheRollout() {
    var status = situation.resource().getStatus();
    return !Objects.equals(status == null ? null : status.canary(), plan.canary());
  }
}
