package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.ConditionType;

/** What stands in the status, and in Events, when something is in the way. */
class ExplanationTest extends LiveTest {

  @Test
  void aModelThatDoesNotFitIsRefusedInNumbersBeforeAPodExists() {
    bench.apply(
        """
        apiVersion: deepseek.platform/v1alpha1
        kind: DeepSeekDeployment
        metadata: {name: r1-full}
        spec:
          model:
            name: DeepSeek-R1
            precision: FP8
            source: {uri: "hf://deepseek-ai/DeepSeek-R1"}
          gpu: {class: L4, count: 8}
          topology: {tensor: 8}
        """);
    var refused = bench.awaitReason("r1-full", ConditionType.GPU_AVAILABLE, "MemoryTooSmall");
    assertThat(refused.getMessage())
        .contains("DeepSeek-R1 needs 725.2 GiB per replica")
        .contains("8 x L4 give 180.0 GiB");
    assertThat(bench.list(Deployment.class)).isEmpty();
  }

  @Test
  void aQuotaThatIsTooSmallIsExplainedAndTheReplicasThatFitServe() {
    bench.apply(
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: team}
        spec: {hard: {requests.nvidia.com/gpu: "2", nvidia.com/gpu: "1"}}
        """);
    bench.apply(
        Resources.onGpus("wide", "replicas: 2", "cache: {volume: {accessMode: ReadWriteOnce}}"));
    var quota = bench.awaitReason("wide", ConditionType.QUOTA_AVAILABLE, "Exceeded");
    assertThat(quota.getMessage())
        .contains("quota team allows 2 requests.nvidia.com/gpu")
        .contains("nvidia.com/gpu in this namespace's quota is never enforced");
    bench.awaitStatus(
        "wide",
        status ->
            status.readyReplicas() != null
                && status.readyReplicas() == 1
                && status.lastFailure() != null
                && status.lastFailure().message().contains("exceeded quota: team"));
  }

  @Test
  void theOldestResourceKeepsTheNamespacesQuota() {
    bench.apply(Resources.small("first", "quota: {mode: Manage, hard: {gpus: 4}}"));
    bench.awaitReady("first");
    bench.apply(Resources.small("second", "quota: {mode: Manage, hard: {gpus: 9}}"));
    bench.awaitReady("second");
    assertThat(bench.list(ResourceQuota.class)).hasSize(1);
    assertThat(bench.list(ResourceQuota.class).getFirst().getSpec().getHard())
        .containsOnlyKeys("requests.nvidia.com/gpu");
  }

  @Test
  void aMissingSecretIsNamedAndItsArrivalIsEnough() {
    bench.apply(Resources.small("locked", "auth: {mode: ApiKey, apiKeys: {name: keys}}"));
    var refused = bench.awaitReason("locked", ConditionType.ACCEPTED, "SecretMissing");
    assertThat(refused.getMessage()).contains("Secret keys is named and does not exist");
    secret("one");
    bench.awaitReady("locked");
    var before = podHash();
    secret("two");
    bench.eventually(() -> assertThat(podHash()).isNotEqualTo(before));
  }

  private String podHash() {
    return bench
        .get(Deployment.class, "locked")
        .getSpec()
        .getTemplate()
        .getMetadata()
        .getAnnotations()
        .get("deepseek.platform/config-hash");
  }

  private void secret(String value) {
    bench
        .client()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("keys")
                .withNamespace(bench.namespace())
                .endMetadata()
                .withStringData(Map.of("api-key", value))
                .build())
        .fieldManager("test")
        .forceConflicts()
        .serverSideApply();
    // Secrets are not watched: a look is asked for, as the minute's end would.
    bench.apply(
        Resources.small(
            "locked",
            "auth: {mode: ApiKey, apiKeys: {name: keys}}",
            "availability: {drainSeconds: " + (value.equals("one") ? 100 : 101) + "}"));
  }

  @Test
  void faultsOfPodsAreTold() {
    bench.apply(
        Resources.small(
            "sick",
            "podTemplate: {metadata: {annotations: {testcluster/fault: ImagePullBackOff}}}"));
    var waiting = bench.awaitReason("sick", ConditionType.WORKLOAD_AVAILABLE, "ImagePull");
    assertThat(waiting.getMessage())
        .contains("image registry.test/inference-service:1 of container engine cannot be fetched");
    assertThat(bench.status("sick").lastFailure().reason()).isEqualTo("ImagePullBackOff");
    bench.apply(
        Resources.small(
            "sick",
            "podTemplate: {metadata: {annotations: {testcluster/fault: CrashLoopBackOff}}}"));
    bench.awaitReason("sick", ConditionType.WORKLOAD_AVAILABLE, "CrashLoop");
    bench.apply(Resources.small("sick", "scheduling: {nodeSelector: {nowhere: to-be-found}}"));
    var unschedulable =
        bench.awaitReason("sick", ConditionType.WORKLOAD_AVAILABLE, "Unschedulable");
    assertThat(unschedulable.getMessage()).contains("node(s) didn't match Pod's node affinity");
    bench.eventually(
        () ->
            assertThat(bench.events("sick"))
                .filteredOn(event -> event.getType().equals("Warning"))
                .extracting("reason")
                .contains("ImagePull", "CrashLoop", "Unschedulable"));
  }

  @Test
  void aNodeThatFallsIllIsNamedByTheResourcesThatItRuns() {
    var node = "ill-" + bench.namespace();
    bench
        .client()
        .resource(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: %s, annotations: {kwok.x-k8s.io/node: fake}, labels: {ward: %s}}
            status:
              allocatable: {cpu: "8", memory: 8Gi, pods: "10"}
              capacity: {cpu: "8", memory: 8Gi, pods: "10"}
            """
                .formatted(node, bench.namespace()))
        .create();
    try {
      bench.apply(
          Resources.small(
              "hosted", "scheduling: {nodeSelector: {ward: %s}}".formatted(bench.namespace())));
      bench.awaitReady("hosted");
      bench
          .client()
          .nodes()
          .withName(node)
          .subresource("status")
          .patch(
              PatchContext.of(PatchType.STRATEGIC_MERGE),
              """
              {"status": {"conditions": [{"type": "GpuXidError", "status": "True", "reason": "Xid79",
               "message": "GPU 0 has fallen off the bus"}]}}
              """);
      var failure = bench.awaitStatus("hosted", it -> it.lastFailure() != null).lastFailure();
      assertThat(failure.object()).isEqualTo("Node/" + node);
      assertThat(failure.reason()).isEqualTo("GpuXidError");
      assertThat(failure.message())
          .contains("has GpuXidError: GPU 0 has fallen off the bus (Xid79)");
    } finally {
      bench.client().nodes().withName(node).delete();
    }
  }

  @Test
  void anObjectOfSomebodyElseIsNotTakenOver() {
    bench.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: taken}
        spec: {selector: {app: other}, ports: [{port: 80, protocol: TCP}]}
        """);
    bench.apply(Resources.small("taken"));
    var refused = bench.awaitReason("taken", ConditionType.ACCEPTED, "NameTaken");
    assertThat(refused.getMessage()).contains("exists and is not ours");
  }
}
