package platform.deepseek.operator.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.Stored;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.desired.Tracked;
import platform.deepseek.operator.observe.Observed;
import platform.deepseek.operator.resource.CanaryPhase;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;

/** Rollouts over the objects that a cluster shows. */
class RolloutPlanTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final DeepSeekDeploymentSpec OLD = spec("engine:1");
  private static final DeepSeekDeploymentSpec FIRST_TRY = spec("engine:2");
  private static final DeepSeekDeploymentSpec WANTED = spec("engine:3");

  private static DeepSeekDeploymentSpec spec(String image) {
    return Stored.resource(
            """
            metadata: {name: m}
            spec:
              model: {name: m, source: {uri: "pvc://a/b"}}
              engine: {image: "%s"}
              replicas: 4
              rollout: {strategy: Canary, canary: {steps: [{weight: 50}, {weight: 100}]}}
            """
                .formatted(image))
        .getSpec();
  }

  private static String hash(DeepSeekDeploymentSpec spec) {
    return Revision.of(spec).hash();
  }

  private static Deployment workload(Track track, DeepSeekDeploymentSpec spec, int replicas) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withName("m-" + track.text())
        .withGeneration(1L)
        .addToLabels(Labels.TRACK, track.text())
        .endMetadata()
        .withNewSpec()
        .withReplicas(replicas)
        .withNewStrategy()
        .withNewRollingUpdate()
        .withNewMaxSurge(1)
        .endRollingUpdate()
        .endStrategy()
        .withNewTemplate()
        .withNewMetadata()
        .addToLabels(Labels.REVISION, hash(spec))
        .endMetadata()
        .endTemplate()
        .endSpec()
        .withNewStatus()
        .withObservedGeneration(1L)
        .withReplicas(replicas)
        .withReadyReplicas(replicas)
        .withUpdatedReplicas(replicas)
        .endStatus()
        .build();
  }

  private static Pod pod(Track track, DeepSeekDeploymentSpec spec, String ready) {
    return new PodBuilder()
        .withNewMetadata()
        .addToLabels(Labels.server("m", track))
        .addToLabels(Labels.REVISION, hash(spec))
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready)
        .endCondition()
        .endStatus()
        .build();
  }

  private static RolloutPlan plan(CanaryStatus before, Instant now, HasMetadata... objects) {
    return RolloutPlan.of(
        new RolloutPlan.Input(
            WANTED,
            before,
            Observed.of(List.of(objects)),
            Map.of(hash(OLD), Revision.of(OLD), hash(FIRST_TRY), Revision.of(FIRST_TRY)),
            new Replicas.Fixed(4),
            Optional.empty(),
            now));
  }

  /**
   * Somebody tries another revision while one is tried: the canary's Deployment has the new
   * template, and for a while the pods that answer are those of the one before.
   */
  @Test
  void podsOfTheRevisionThatWasTriedBeforeSpeakForNoOther() {
    var stable = workload(Track.STABLE, OLD, 4);
    var starting = plan(null, NOW, stable).canary();
    assertThat(starting.phase()).isEqualTo(CanaryPhase.STARTING);
    var canary = workload(Track.CANARY, WANTED, 2);
    var before = pod(Track.CANARY, FIRST_TRY, "True");
    var crashes = pod(Track.CANARY, WANTED, "False");
    var plan = plan(starting, NOW, stable, canary, before, before, crashes);
    assertThat(plan.canary()).isEqualTo(starting);
    assertThat(plan.weight()).isZero();

    var answers = pod(Track.CANARY, WANTED, "True");
    var next = plan(starting, NOW, stable, canary, before, answers, answers);
    assertThat(next.canary().phase()).isEqualTo(CanaryPhase.ANALYSING);
    assertThat(next.weight()).isEqualTo(50);
    assertThat(plan(next.canary(), NOW, stable, canary, before, before).weight())
        .as("no traffic for a revision of which no pod answers")
        .isZero();
  }

  @Test
  void aRevisionThatIsTakenBackServesOnUntilRoutesHaveForgottenIt() {
    var stable = workload(Track.STABLE, OLD, 4);
    var canary = workload(Track.CANARY, WANTED, 2);
    var answers = pod(Track.CANARY, WANTED, "True");
    var back =
        new CanaryStatus(
            CanaryPhase.ROLLED_BACK,
            0,
            0,
            hash(OLD),
            hash(WANTED),
            NOW.toString(),
            null,
            3,
            null,
            "");
    var soon = plan(back, NOW.plusSeconds(1), stable, canary, answers, answers);
    assertThat(soon.weight()).isZero();
    assertThat(soon.tracked())
        .extracting(Tracked::track)
        .containsExactly(Track.STABLE, Track.CANARY);
    assertThat(soon.tracked().getLast().replicas()).isEqualTo(new Replicas.Fixed(2));
    assertThat(soon.lookAgainIn()).contains(Duration.ofSeconds(4));
    var later = plan(back, NOW.plusSeconds(5), stable, canary, answers, answers);
    assertThat(later.tracked()).extracting(Tracked::track).containsExactly(Track.STABLE);
    assertThat(later.lookAgainIn()).isEmpty();
  }
}
