package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.LeaderWorkerSet;
import platform.deepseek.operator.desired.ResourceClaimTemplate;
import platform.deepseek.operator.desired.ScaledObject;
import platform.deepseek.operator.live.FaultyLine.Answer;
import platform.deepseek.operator.resource.ConditionType;

/** What is as it should be is looked at and not written: every kind, and every single object. */
class SteadyStateTest {

  private static final List<Class<? extends HasMetadata>> ALWAYS =
      List.of(
          Deployment.class,
          ControllerRevision.class,
          ServiceAccount.class,
          NetworkPolicy.class,
          Service.class,
          PersistentVolumeClaim.class,
          Job.class,
          HorizontalPodAutoscaler.class,
          PodDisruptionBudget.class,
          ResourceQuota.class,
          Ingress.class);
  private static final List<Class<? extends HasMetadata>> INTEGRATIONS =
      List.of(
          ScaledObject.class,
          LeaderWorkerSet.class,
          HTTPRoute.class,
          ResourceClaimTemplate.class,
          ServiceMonitor.class,
          PrometheusRule.class);
  private static final List<String> GROUPS =
      List.of(
          "keda.sh",
          "leaderworkerset.x-k8s.io",
          "gateway.networking.k8s.io",
          "resource.k8s.io",
          "monitoring.coreos.com");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SECOND_NODE = "gpu-h200-of-two";

  private final Bench bench = new Bench();
  private final AtomicInteger touches = new AtomicInteger();

  @AfterEach
  void close() {
    bench.client().nodes().withName(SECOND_NODE).delete();
    bench.close();
  }

  @Test
  void noObjectOfAnyKindIsWrittenAgain() {
    bench.cluster().metric("pods/" + bench.namespace() + "/deepseek_requests_waiting/*", "4");
    secondNode();
    try (var operator = RunningOperator.own(bench.namespace(), write -> {})) {
      applyAll();
      bench.apply(
          Resources.own(
              Resources.onGpus(
                      "nodes",
                      "cache: {volume: {accessMode: ReadWriteOnce}}",
                      "engine: {type: VLLM}",
                      "auth: {mode: None}")
                  .replace("count: 2", "count: 1, allocation: DRA")
                  .replace("data: 2", "tensor: 2, nodesPerReplica: 2")));
      bench.awaitReason("routed", ConditionType.WORKLOAD_AVAILABLE, "Available");
      bench.awaitReason("routed", ConditionType.AUTOSCALING_ACTIVE, "Scaling");
      bench.eventually(() -> assertThat(bench.list(LeaderWorkerSet.class)).hasSize(1));
      bench.awaitReady("plain");
      assertNothingIsWritten(operator, List.of(ALWAYS, INTEGRATIONS));
    }
  }

  @Test
  void norIsItWhereNothingOfOtherProjectsIsInstalled() {
    bench.cluster().metric("pods/" + bench.namespace() + "/deepseek_requests_waiting/*", "4");
    try (var line = new FaultyLine(bench.cluster(), this::withoutIntegrations);
        var operator = RunningOperator.through(line, bench.namespace())) {
      applyAll();
      bench.awaitReason("routed", ConditionType.ACCEPTED, "CrdMissing");
      bench.awaitReason("scaled", ConditionType.AUTOSCALING_ACTIVE, "KedaMissing");
      bench.awaitReady("plain");
      assertNothingIsWritten(operator, List.of(ALWAYS));
      assertThat(operator.requests())
          .as("asked for what is not there")
          .noneMatch(it -> GROUPS.stream().anyMatch(group -> it.contains("/apis/" + group)));
    }
  }

  /** Resources that need every kind between them, but for replicas that span nodes. */
  private void applyAll() {
    bench.apply(
        Resources.own(
            Resources.onGpus(
                "routed",
                "cache: {volume: {accessMode: ReadWriteOnce}}",
                "autoscaling: {minReplicas: 2, metrics: [{type: WaitingRequests, target: \"4\"}]}",
                "network: {expose: Gateway, host: a.example.com, gatewayRef: {name: g}}")));
    bench.apply(
        Resources.own(
            Resources.small(
                "scaled",
                "quota: {mode: Manage, hard: {gpus: 100}}",
                "autoscaling: {backend: KEDA, minReplicas: 1}")));
    bench.apply(
        Resources.own(
            Resources.downloaded(
                "plain",
                "cache: {volume: {accessMode: ReadWriteOnce}}",
                "autoscaling: {minReplicas: 2, metrics: [{type: WaitingRequests, target: \"4\"}]}",
                "network: {expose: Ingress, host: b.example.com}")));
  }

  /**
   * Touches all objects as a stranger would, so that each is looked at, and counts what follows.
   */
  private void assertNothingIsWritten(
      RunningOperator operator, List<List<Class<? extends HasMetadata>>> kinds) {
    operator.awaitQuiet(bench.namespace());
    // What others have changed since a resource was looked at, as the use of its quota, is taken
    // in.
    kinds.stream().flatMap(List::stream).map(this::ours).forEach(all -> all.forEach(this::touch));
    operator.awaitQuiet(bench.namespace());
    var before = operator.writes(bench.namespace()).size();
    for (var group : kinds) {
      for (var kind : group) {
        var ours = ours(kind);
        assertThat(ours).as(kind.getSimpleName()).isNotEmpty();
        assertNothingIsWritten(operator, before, ours);
      }
    }
    assertNothingIsWritten(operator, before, bench.list(Pod.class));
    operator.awaitQuiet(bench.namespace());
    assertThat(operator.writes(bench.namespace())).as("writes to the end").hasSize(before);
  }

  private void assertNothingIsWritten(
      RunningOperator operator, int before, List<? extends HasMetadata> objects) {
    for (var object : objects) {
      operator.awaitLook(
          bench.namespace(),
          object.getMetadata().getLabels().get(Labels.INSTANCE),
          () -> touch(object));
      assertThat(operator.writes(bench.namespace()).stream().skip(before))
          .as("writes after a look at %s %s", object.getKind(), object.getMetadata().getName())
          .isEmpty();
    }
  }

  private List<? extends HasMetadata> ours(Class<? extends HasMetadata> kind) {
    return bench.list(kind).stream()
        .filter(object -> object.getMetadata().getLabels() != null)
        .filter(
            object ->
                Labels.OPERATOR.equals(object.getMetadata().getLabels().get(Labels.MANAGED_BY)))
        .toList();
  }

  // By a label: another annotation is another generation of a Deployment, which is news.
  private void touch(HasMetadata object) {
    bench
        .client()
        .resource(object)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"labels\":{\"test/touched\":\"%d\"}}}"
                .formatted(touches.incrementAndGet()));
  }

  private void secondNode() {
    bench
        .client()
        .resource(
            """
            apiVersion: v1
            kind: Node
            metadata:
              name: %s
              annotations: {kwok.x-k8s.io/node: fake}
              labels: {nvidia.com/gpu.product: NVIDIA-H200, nvidia.com/gpu.memory: "143771"}
            status: {allocatable: {nvidia.com/gpu: "1"}, capacity: {nvidia.com/gpu: "1"}}
            """
                .formatted(SECOND_NODE))
        .create();
  }

  /** The API server as it is where those definitions were never installed. */
  private Optional<Answer> withoutIntegrations(String request) {
    if (request.equals("GET /apis")) {
      return Optional.of(new Answer(200, "", groupsWithoutIntegrations()));
    }
    return GROUPS.stream().anyMatch(group -> request.contains(" /apis/" + group))
        ? Optional.of(new Answer(404, "", "404 page not found"))
        : Optional.empty();
  }

  private String groupsWithoutIntegrations() {
    try {
      var answer = JSON.readTree(bench.client().raw("/apis"));
      var groups = ((ArrayNode) answer.get("groups")).elements();
      while (groups.hasNext()) {
        if (GROUPS.contains(groups.next().get("name").asText())) {
          groups.remove();
        }
      }
      return answer.toString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
