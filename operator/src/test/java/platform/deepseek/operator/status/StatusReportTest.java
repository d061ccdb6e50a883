package platform.deepseek.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.Stored;
import platform.deepseek.operator.TestSettings;
import platform.deepseek.operator.desired.Abilities;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.desired.Tracked;
import platform.deepseek.operator.desired.Traffic;
import platform.deepseek.operator.observe.Observed;
import platform.deepseek.operator.observe.Workload;
import platform.deepseek.operator.resource.CanaryPhase;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.DeepSeekDeploymentStatus;
import platform.deepseek.operator.resource.Phase;

/** What a status says of workloads as a cluster shows them. */
class StatusReportTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static Workload workload(Track track, int wanted, int ready, int updated, boolean stuck) {
    return new Workload(
        track.text(), "r", wanted, wanted, ready, updated, true, Optional.empty(), stuck, true);
  }

  private static DeepSeekDeploymentStatus status(CanaryStatus canary, Workload... workloads) {
    var resource =
        Stored.resource(
            "metadata: {name: m, namespace: n, generation: 1}\nspec:\n  model: {name: m, source: {uri: \"pvc://a/b\"}}\n");
    var stable = new Tracked(Track.STABLE, "r", resource.getSpec(), new Replicas.Fixed(2));
    var situation =
        new Situation(
            resource,
            List.of(stable),
            new Traffic(canary == null ? 0 : canary.weight(), false),
            true,
            Map.of(),
            Map.of(),
            Optional.empty(),
            false,
            new Abilities(Set.of(), true, true),
            TestSettings.settings());
    var none = Observed.of(List.of());
    var observed =
        new Observed(
            List.of(workloads),
            none.pods(),
            none.jobs(),
            none.claims(),
            none.autoscalers(),
            none.nodes(),
            none.events(),
            none.all());
    return StatusReport.of(
        new StatusReport.Input(
            situation,
            observed,
            new ArrayList<>(),
            null,
            null,
            canary,
            null,
            Optional.empty(),
            null,
            null,
            Optional.empty(),
            NOW));
  }

  private static String condition(DeepSeekDeploymentStatus status, ConditionType type) {
    var condition = Conditions.find(status.conditionsOrNone(), type).map(StatusReportTest::text);
    return condition.orElse("");
  }

  private static String text(Condition condition) {
    return condition.getStatus() + " " + condition.getReason();
  }

  @Test
  void aRolloutThatIsStuckIsNotCalledReadyBecauseTheReplicasOfBeforeAnswer() {
    var status = status(null, workload(Track.STABLE, 2, 2, 1, true));
    assertThat(status.phase()).isEqualTo(Phase.DEGRADED);
    assertThat(condition(status, ConditionType.PROGRESSING)).isEqualTo("False DeadlineExceeded");
    assertThat(condition(status, ConditionType.DEGRADED)).isEqualTo("True DeadlineExceeded");
    assertThat(condition(status, ConditionType.READY)).startsWith("True");
    assertThat(StatusReport.isSettled(status)).isFalse();
  }

  private static CanaryStatus promoting() {
    return new CanaryStatus(
        CanaryPhase.PROMOTING, 0, 100, "old", "new", NOW.toString(), null, 0, null, "takes all");
  }

  @Test
  void whileTheCanaryTakesEverythingItIsWhatAnswers() {
    var stable = workload(Track.STABLE, 1, 0, 1, false);
    var canary = workload(Track.CANARY, 1, 1, 1, false);
    var status = status(promoting(), stable, canary);
    assertThat(condition(status, ConditionType.WORKLOAD_AVAILABLE)).isEqualTo("True Available");
    assertThat(condition(status, ConditionType.READY)).startsWith("True");
    assertThat(condition(status, ConditionType.PROGRESSING)).isEqualTo("True RollingOut");
  }

  @Test
  void aPromotionWhoseStableReplicasNeverComeDoesNotCallItselfProgress() {
    var stable = workload(Track.STABLE, 2, 1, 1, true);
    var canary = workload(Track.CANARY, 2, 2, 2, false);
    assertThat(condition(status(promoting(), stable, canary), ConditionType.PROGRESSING))
        .isEqualTo("False DeadlineExceeded");
  }
}
