package platform.deepseek.operator.reconcile;

import java.util.Objects;
import java.util.Optional;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.preflight.Verdict;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.StandbyStatus;
import platform.deepseek.operator.rollout.RolloutPlan;

/** What a reconciliation has decided before it touches anything. */
record Decision(
    Situation situation, RolloutPlan plan, Verdict verdict, Optional<StandbyStatus> standby) {

  /** Whether the rollout's state is another than the one that the resource's status has. */
  boolean movesTheRollout() {
    return !Objects.equals(before(), canary());
  }

  /** The rollout's state: a spec that cannot be carried out moves nothing that runs. */
  CanaryStatus canary() {
    return verdict.proceed() ? plan.canary() : before();
  }

  private CanaryStatus before() {
    var status = situation.resource().getStatus();
    return status == null ? null : status.canary();
  }
}
