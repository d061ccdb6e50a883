package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.TestSettings;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.Phase;

/** From kubectl apply to a served model and back to nothing, on a real control plane. */
class ServingTest extends LiveTest {

  private final RunningOperator operator = RunningOperator.shared();

  @Test
  void anAppliedResourceIsDownloadedOnceAndBecomesReadyPodsOnTheRightNode() {
    bench.apply(
        Resources.onGpus("r1", "replicas: 2", "cache: {volume: {accessMode: ReadWriteOnce}}"));
    var status = bench.awaitReady("r1");
    assertThat(bench.servers("r1"))
        .hasSize(2)
        .extracting((Pod pod) -> pod.getSpec().getNodeName())
        .containsOnly("gpu-h200");
    assertThat(bench.list(Job.class)).hasSize(1);
    assertThat(bench.get(Service.class, "r1").getSpec().getPorts()).hasSize(2);
    assertThat(bench.list(NetworkPolicy.class)).hasSize(2);
    assertThat(status.readyReplicas()).isEqualTo(2);
    assertThat(status.url()).isEqualTo("http://r1." + bench.namespace() + ".svc/v1");
    assertThat(status.gpu().requiredMemoryMiB()).isEqualTo(35_901);
    bench.awaitEvents("r1", "Serving", "Cached");
  }

  @Test
  void anOperatorOfTheNextReleaseRollsTheEngineOutAndFetchesNothingAgain() {
    bench.apply(
        Resources.own(
            Resources.downloaded("next", "cache: {volume: {accessMode: ReadWriteOnce}}")));
    try (var release = RunningOperator.own(bench.namespace(), TestSettings.ofRelease("1"))) {
      bench.awaitReady("next");
    }
    var fetched = bench.list(Job.class).getFirst().getMetadata();
    try (var release = RunningOperator.own(bench.namespace(), TestSettings.ofRelease("2"))) {
      bench.eventually(
          () ->
              assertThat(
                      bench
                          .get(Deployment.class, "next")
                          .getSpec()
                          .getTemplate()
                          .getSpec()
                          .getContainers()
                          .getFirst()
                          .getImage())
                  .isEqualTo("registry.test/inference-service:2"));
      bench.awaitReady("next");
      assertThat(bench.list(Job.class))
          .singleElement()
          .extracting(job -> job.getMetadata().getUid())
          .isEqualTo(fetched.getUid());
    }
  }

  @Test
  void aClaimKeepsTheSizeThatItWasMadeWith() {
    var model = Resources.onGpus("grows", "cache: {volume: {accessMode: ReadWriteOnce}}");
    bench.apply(model);
    bench.awaitReady("grows");
    // Twice the weights, in a claim of a class that cannot grow.
    bench.apply(model.replace("    source:", "    precision: FP32\n    source:"));
    bench.awaitReady("grows");
    assertThat(
            bench
                .get(PersistentVolumeClaim.class, "grows-model")
                .getSpec()
                .getResources()
                .getRequests()
                .get("storage"))
        .as("half as much again as one copy of the weights")
        .isEqualTo(new Quantity("22Gi"));
  }

  @Test
  void aStepThatIsRefusedDoesNotCallTheReplicasAwayThatAnswer() {
    var model =
        Resources.downloaded("grown", "cache: {volume: {accessMode: ReadWriteOnce, size: SIZE}}");
    bench.apply(model.replace("SIZE", "2Gi"));
    bench.awaitReady("grown");
    bench.apply(model.replace("SIZE", "1Gi"));
    var degraded = bench.awaitReason("grown", ConditionType.DEGRADED, "ReconcileFailed");
    assertThat(degraded.getStatus()).isEqualTo("True");
    assertThat(degraded.getMessage()).contains("grown-model");
    var status = bench.status("grown");
    assertThat(status.phase()).isEqualTo(Phase.DEGRADED);
    assertThat(Bench.condition(status, ConditionType.READY).getStatus()).isEqualTo("True");
    bench.apply(model.replace("SIZE", "2Gi"));
    bench.awaitReady("grown");
  }

  /** A canary at another port: each pod is reached at the port that it has itself. */
  @Test
  void podsOfBothPortsAreBehindTheServiceWhileAChangeOfItIsTried() {
    var canary =
        """
        replicas: 2
        rollout: {strategy: Canary, canary: {steps: [{weight: 50, hold: PT1H}, {weight: 100}]}}
        """;
    bench.apply(Resources.small("moves", canary));
    bench.awaitReady("moves");
    bench.apply(Resources.small("moves", canary).replace("engine: {", "engine: {port: 18080, "));
    bench.eventually(() -> assertThat(endpoints("moves")).contains("8080 true", "18080 true"));
    assertThat(bench.get(NetworkPolicy.class, "moves").getSpec().getIngress().getFirst().getPorts())
        .singleElement()
        .satisfies(port -> assertThat(port.getPort().getStrVal()).isEqualTo("http"));
  }

  private List<String> endpoints(String service) {
    return bench.list(EndpointSlice.class).stream()
        .filter(
            slice ->
                service.equals(slice.getMetadata().getLabels().get("kubernetes.io/service-name")))
        .flatMap(
            slice ->
                slice.getPorts().stream()
                    .filter(port -> "http".equals(port.getName()))
                    .flatMap(
                        port ->
                            slice.getEndpoints().stream()
                                .map(it -> port.getPort() + " " + it.getConditions().getReady())))
        .toList();
  }

  @Test
  void aSettledResourceIsNotWrittenAgain() {
    bench.apply(
        Resources.onGpus(
            "calm",
            "cache: {volume: {accessMode: ReadWriteOnce}}",
            "autoscaling: {minReplicas: 2, metrics: [{type: WaitingRequests, target: \"4\"}]}",
            "network: {expose: Ingress, host: calm.example.com}"));
    bench.cluster().metric("pods/" + bench.namespace() + "/deepseek_requests_waiting/*", "4");
    bench.awaitReady("calm");
    bench.awaitReason("calm", ConditionType.AUTOSCALING_ACTIVE, "Scaling");
    operator.awaitQuiet(bench.namespace());
    var before = operator.writes(bench.namespace()).size();
    // Events that call for a look and for no work.
    for (var pod : bench.servers("calm")) {
      operator.awaitLook(
          bench.namespace(),
          "calm",
          () ->
              bench
                  .client()
                  .resource(pod)
                  .edit(
                      it -> {
                        it.getMetadata().getAnnotations().put("test/touched", "yes");
                        return it;
                      }));
    }
    operator.awaitQuiet(bench.namespace());
    assertThat(operator.writes(bench.namespace())).hasSize(before);
  }

  @Test
  void whatAHandChangesIsPutBack() {
    bench.apply(Resources.small("drift"));
    bench.awaitReady("drift");
    bench
        .client()
        .resources(Deployment.class)
        .inNamespace(bench.namespace())
        .withName("drift")
        .edit(
            it ->
                new DeploymentBuilder(it)
                    .editSpec()
                    .withReplicas(3)
                    .editTemplate()
                    .editSpec()
                    .editContainer(0)
                    .withImage("evil:1")
                    .endContainer()
                    .endSpec()
                    .endTemplate()
                    .endSpec()
                    .build());
    bench.client().services().inNamespace(bench.namespace()).withName("drift").delete();
    bench.eventually(
        () -> {
          var deployment = bench.get(Deployment.class, "drift");
          assertThat(deployment.getSpec().getReplicas()).isEqualTo(1);
          assertThat(
                  deployment
                      .getSpec()
                      .getTemplate()
                      .getSpec()
                      .getContainers()
                      .getFirst()
                      .getImage())
              .isEqualTo("registry.test/inference-service:1");
          assertThat(bench.get(Service.class, "drift")).isNotNull();
        });
  }

  @Test
  void deletionKeepsTheClaimThatIsToBeRetainedAndNothingElse() {
    bench.apply(Resources.onGpus("kept", "cache: {volume: {accessMode: ReadWriteOnce}}"));
    bench.apply(
        Resources.onGpus(
            "gone", "cache: {volume: {accessMode: ReadWriteOnce, retention: Delete}}"));
    bench.awaitReady("kept");
    bench.awaitReady("gone");
    bench.client().resources(DeepSeekDeployment.class).inNamespace(bench.namespace()).delete();
    bench.eventually(
        () -> {
          assertThat(bench.list(Deployment.class)).isEmpty();
          assertThat(bench.list(Job.class)).isEmpty();
          assertThat(bench.list(ControllerRevision.class)).isEmpty();
          assertThat(bench.list(NetworkPolicy.class)).isEmpty();
          assertThat(bench.list(Service.class)).isEmpty();
          assertThat(bench.list(PersistentVolumeClaim.class))
              .extracting(claim -> claim.getMetadata().getName())
              .containsExactlyInAnyOrder("kept-model", "models");
        });
  }

  @Test
  void aPauseStopsEveryWriteUntilItIsOver() {
    bench.apply(Resources.small("held"));
    bench.awaitReady("held");
    bench.apply(Resources.small("held", "paused: true", "replicas: 3"));
    bench.awaitStatus("held", status -> status.phase() == Phase.PAUSED);
    assertThat(bench.get(Deployment.class, "held").getSpec().getReplicas()).isEqualTo(1);
    bench.apply(Resources.small("held", "paused: false", "replicas: 3"));
    bench.awaitReady("held");
    assertThat(bench.get(Deployment.class, "held").getSpec().getReplicas()).isEqualTo(3);
    annotatePause("true");
    bench.awaitStatus("held", status -> status.phase() == Phase.PAUSED);
    annotatePause("false");
    bench.awaitReady("held");
  }

  private void annotatePause(String value) {
    bench
        .client()
        .resources(DeepSeekDeployment.class)
        .inNamespace(bench.namespace())
        .withName("held")
        .edit(
            it -> {
              it.getMetadata().getAnnotations().put(Labels.PAUSE, value);
              return it;
            });
  }

  @Test
  void kubectlScaleReachesThePods() {
    bench.apply(Resources.small("scaled"));
    bench.awaitReady("scaled");
    bench
        .client()
        .resources(DeepSeekDeployment.class)
        .inNamespace(bench.namespace())
        .withName("scaled")
        .scale(4);
    bench.eventually(() -> assertThat(bench.servers("scaled")).hasSize(4));
    assertThat(bench.awaitReady("scaled").selector())
        .isEqualTo(
            "app.kubernetes.io/component=server,app.kubernetes.io/instance=scaled,deepseek.platform/track=stable");
  }
}
