package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.CanaryPhase;
import platform.deepseek.operator.resource.ConditionType;

/** Changes of the spec on their way to the replicas. */
class RolloutLiveTest extends LiveTest {

  private static final String CANARY =
      """
      replicas: 4
      network: {expose: Gateway, host: m.example.com, gatewayRef: {name: shared, namespace: infra}}
      rollout:
        strategy: Canary
        canary:
          steps: [{weight: 20, hold: PT2S}, {weight: 50, hold: PT2S}, {weight: 100, hold: PT1S}]
          analysis:
            intervalSeconds: 1
            failureLimit: 4
            checks: [{metric: ErrorRate, max: "0.01"}, {metric: TtftP95Millis, max: "1500"}]
      """;

  private void measured(String errorRate, String ttft) {
    var metrics = "pods/" + bench.namespace() + "/";
    bench.cluster().metric(metrics + "deepseek_error_ratio/*", errorRate);
    bench.cluster().metric(metrics + "deepseek_time_to_first_token_p95_milliseconds/*", ttft);
  }

  private String image(String deployment) {
    return bench
        .get(Deployment.class, deployment)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getImage();
  }

  private static String canary(String image) {
    return Resources.small("m", CANARY).replace("engine: {", "engine: {image: \"" + image + "\", ");
  }

  @Test
  void aGoodRevisionIsPromotedAndTheWeightStandsOnReadyPodsOnly() {
    measured("1m", "900");
    bench.apply(canary("engine:1"));
    bench.awaitReplicas("m", 4);
    List<Integer> weights = new CopyOnWriteArrayList<>();
    List<String> faults = new ArrayList<>();
    try (var watch =
        bench
            .client()
            .resources(HTTPRoute.class)
            .inNamespace(bench.namespace())
            .withName("m")
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, HTTPRoute route) {
                    var backends = route.getSpec().getRules().getFirst().getBackendRefs();
                    var weight = backends.size() < 2 ? 0 : backends.getLast().getWeight();
                    weights.add(weight);
                    var canary = ready("canary");
                    var stable = ready("stable");
                    if (!isStill(route)) {
                      return;
                    }
                    if (weight > 0 && canary == 0) {
                      faults.add("weight " + weight + " without a ready canary");
                    }
                    if (weight < 100 && stable == 0) {
                      faults.add("weight " + weight + " without a ready stable pod");
                    }
                  }

                  @Override
                  public void onClose(WatcherException cause) {}
                })) {
      bench.apply(canary("engine:2"));
      bench.awaitStatus(
          "m",
          status -> status.canary() != null && status.canary().phase() == CanaryPhase.ANALYSING);
      bench.eventually(
          () -> {
            assertThat(image("m")).isEqualTo("engine:2");
            assertThat(bench.get(Deployment.class, "m-canary")).isNull();
          });
    }
    bench.awaitStatus("m", status -> status.canary() == null);
    assertThat(faults).isEmpty();
    assertThat(weights).containsSubsequence(20, 50, 100);
  }

  /**
   * Whether what was counted for an event was there with it: a late one may find what came next.
   */
  private boolean isStill(HasMetadata seen) {
    var now = bench.get(seen.getClass(), seen.getMetadata().getName());
    return now != null
        && now.getMetadata().getResourceVersion().equals(seen.getMetadata().getResourceVersion());
  }

  private long ready(String track) {
    return bench.servers("m").stream()
        .filter(pod -> track.equals(pod.getMetadata().getLabels().get("deepseek.platform/track")))
        .filter(
            pod ->
                pod.getStatus().getConditions().stream()
                    .anyMatch(it -> it.getType().equals("Ready") && it.getStatus().equals("True")))
        .count();
  }

  @Test
  void aBadRevisionIsTakenBackAndStaysBackUntilTheSpecChanges() {
    measured("1m", "900");
    bench.apply(canary("engine:1"));
    bench.awaitReplicas("m", 4);
    measured("200m", "900");
    bench.apply(canary("engine:2"));
    var condition = bench.awaitReason("m", ConditionType.CANARY_HEALTHY, "RolledBack");
    assertThat(condition.getMessage()).contains("4 look(s) failed, the last by ERROR_RATE 0.2000");
    bench.assertGone(Deployment.class, "m-canary");
    assertThat(image("m")).isEqualTo("engine:1");
    bench.eventually(() -> assertThat(bench.servers("m")).hasSize(4));
    bench.awaitEvents("m", "RolledBack");

    measured("1m", "900");
    bench.apply(canary("engine:3"));
    bench.eventually(() -> assertThat(image("m")).isEqualTo("engine:3"));
  }

  @Test
  void blueGreenMovesTheServiceAtOnceWhenAsManyNewReplicasAreReady() {
    var blueGreen = "replicas: 3\nrollout: {strategy: BlueGreen}";
    bench.apply(Resources.small("m", blueGreen));
    bench.awaitReady("m");
    List<String> tracks = new CopyOnWriteArrayList<>();
    try (var watch =
        bench
            .client()
            .services()
            .inNamespace(bench.namespace())
            .withName("m")
            .watch(
                new Watcher<Service>() {
                  @Override
                  public void eventReceived(Action action, Service service) {
                    var track = service.getSpec().getSelector().get("deepseek.platform/track");
                    var ready = ready(String.valueOf(track));
                    if (isStill(service)) {
                      tracks.add(track + " " + ready);
                    }
                  }

                  @Override
                  public void onClose(WatcherException cause) {}
                })) {
      bench.apply(
          Resources.small("m", blueGreen).replace("engine: {", "engine: {image: \"engine:2\", "));
      bench.eventually(
          () -> {
            assertThat(image("m")).isEqualTo("engine:2");
            assertThat(bench.get(Deployment.class, "m-canary")).isNull();
          });
      bench.eventually(() -> assertThat(tracks).contains("canary 3").last().isEqualTo("stable 3"));
    }
    assertThat(tracks).containsOnly("stable 3", "canary 3");
  }

  /** Two edits in a row: while pods of the first answer, the second has to answer for itself. */
  @Test
  void aRevisionThatCrashesIsNotPromotedOnThePodsOfTheOneTriedBefore() {
    measured("1m", "900");
    var slow = CANARY.replace("PT2S", "PT1H").replace("PT1S", "PT1H");
    var short_ = slow.replace("rollout:", "rollout:\n  progressDeadlineSeconds: 10");
    bench.apply(Resources.small("m", slow));
    bench.awaitReplicas("m", 4);
    bench.apply(Resources.small("m", slow).replace("engine: {", "engine: {image: \"engine:2\", "));
    bench.awaitStatus(
        "m", status -> status.canary() != null && status.canary().phase() == CanaryPhase.ANALYSING);
    bench.apply(
        Resources.small(
                "m",
                short_,
                "podTemplate: {metadata: {annotations: {testcluster/fault: CrashLoopBackOff}}}")
            .replace("engine: {", "engine: {image: \"engine:3\", "));
    var condition = bench.awaitReason("m", ConditionType.CANARY_HEALTHY, "RolledBack");
    assertThat(condition.getMessage()).contains("had 0 of 1 replicas ready after 10 s");
    assertThat(bench.status("m").canary().step()).isZero();
  }

  @Test
  void aRolloutThatFindsNoRoomForItsFirstReplicaAfterAllStopsOneInstead() {
    quota(3);
    var shrinks = new AtomicBoolean();
    var tight = Resources.own(Resources.small("tight", "replicas: 2"));
    try (var operator =
        RunningOperator.own(
            bench.namespace(),
            write -> {
              if (write.endsWith("/deployments/tight") && shrinks.compareAndSet(true, false)) {
                quota(2);
              }
            })) {
      bench.apply(tight);
      bench.awaitReady("tight");
      shrinks.set(true);
      bench.apply(tight.replace("engine: {", "engine: {image: \"engine:2\", "));
      bench.eventually(
          () -> {
            assertThat(image("tight")).isEqualTo("engine:2");
            assertThat(bench.get(Deployment.class, "tight").getStatus().getUpdatedReplicas())
                .isEqualTo(2);
          });
      bench.awaitReady("tight");
      assertThat(shrinks).as("the quota has shrunk").isFalse();
    }
  }

  /** As many pods and no more, and waits until they are counted so. */
  private void quota(int pods) {
    bench.apply(
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: exact}
        spec: {hard: {pods: "%d"}}
        """
            .formatted(pods));
    bench.eventually(
        () ->
            assertThat(bench.get(ResourceQuota.class, "exact").getStatus().getHard())
                .containsEntry("pods", new Quantity(Integer.toString(pods))));
  }

  @Test
  void withoutRoomForOneMoreReplicasStopBeforeTheyStart() {
    bench.apply(
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: exact}
        spec: {hard: {pods: "2"}}
        """);
    bench.apply(Resources.small("tight", "replicas: 2"));
    bench.awaitReady("tight");
    bench.apply(
        Resources.small("tight", "replicas: 2")
            .replace("engine: {", "engine: {image: \"engine:2\", "));
    bench.eventually(() -> assertThat(image("tight")).isEqualTo("engine:2"));
    assertThat(
            bench
                .get(Deployment.class, "tight")
                .getSpec()
                .getStrategy()
                .getRollingUpdate()
                .getMaxSurge()
                .getIntVal())
        .isZero();
    bench.eventually(
        () ->
            assertThat(bench.get(Deployment.class, "tight").getStatus().getUpdatedReplicas())
                .isEqualTo(2));
  }
}
