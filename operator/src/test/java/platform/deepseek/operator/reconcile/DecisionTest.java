package platform.deepseek.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.Stored;
import platform.deepseek.operator.TestSettings;
import platform.deepseek.operator.desired.Abilities;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Traffic;
import platform.deepseek.operator.preflight.Verdict;
import platform.deepseek.operator.resource.CanaryPhase;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.DeepSeekDeploymentStatus;
import platform.deepseek.operator.rollout.RolloutPlan;

class DecisionTest {

  private static CanaryStatus canary(CanaryPhase phase, int weight, String revision) {
    return new CanaryStatus(
        phase, 0, weight, "old", revision, "2026-01-01T00:00:00Z", null, 0, null, "");
  }

  private static Decision decision(boolean proceed) {
    var resource =
        Stored.resource(
            "metadata: {name: m}\nspec:\n  model: {name: m, source: {uri: \"pvc://a/b\"}}\n");
    resource.setStatus(
        DeepSeekDeploymentStatus.unknown().with(canary(CanaryPhase.ANALYSING, 50, "tried")));
    var situation =
        new Situation(
            resource,
            List.of(),
            Traffic.STABLE,
            true,
            Map.of(),
            Map.of(),
            Optional.empty(),
            false,
            new Abilities(Set.of(), true, true),
            TestSettings.settings());
    var next = canary(CanaryPhase.STARTING, 0, "another");
    return new Decision(
        situation,
        new RolloutPlan(next, List.of(), 0, Optional.empty()),
        new Verdict(List.of(), proceed, true, null, null),
        Optional.empty());
  }

  /** A status that said so would speak of traffic that still goes where it went. */
  @Test
  void aSpecThatCannotBeCarriedOutMovesNoRollout() {
    assertThat(decision(true).movesTheRollout()).isTrue();
    assertThat(decision(true).canary().canaryRevision()).isEqualTo("another");
    assertThat(decision(false).movesTheRollout()).isFalse();
    assertThat(decision(false).canary().canaryRevision()).isEqualTo("tried");
    assertThat(decision(false).canary().weight()).isEqualTo(50);
  }
}
