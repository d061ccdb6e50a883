package platform.deepseek.operator.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.Stored;
import platform.deepseek.operator.TestSettings;
import platform.deepseek.operator.desired.Abilities;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.GpuNode;
import platform.deepseek.operator.fit.ModelShapes;
import platform.deepseek.operator.resource.Reason;
import platform.deepseek.operator.status.Finding;

class PreflightTest {

  private static final Abilities PLAIN = new Abilities(Set.of(), false, false);
  private final Preflight preflight =
      new Preflight(new FitCheck(ModelShapes.known(), TestSettings.settings().gpuClasses()));

  private Verdict check(String spec, Facts facts, int missing, boolean rollout) {
    return preflight.check(
        Stored.resource(
            "metadata: {name: a}\nspec:\n  model: {name: DeepSeek-R1-Distill-Qwen-7B, source: {uri: \"hf://a/b\"}}\n"
                + spec.indent(2)),
        facts,
        missing,
        rollout,
        false);
  }

  private static Verdict checkWhatRuns(Preflight preflight, List<GpuNode> nodes) {
    var resource =
        Stored.resource(
            """
            metadata: {name: a}
            spec:
              model: {name: DeepSeek-R1-Distill-Qwen-7B, source: {uri: "hf://a/b"}}
              gpu: {class: H200, count: 2}
              topology: {data: 2}
              availability: {standby: {serviceName: other, port: 80}}
            """);
    return preflight.check(resource, facts(nodes), 0, false, true);
  }

  @Test
  void whatRunsIsLookedAfterWhenItsNodesAreGoneSoThatTheStandbyTakesOver() {
    var cordoned = new GpuNode("n", "NVIDIA-H200", 143771, 8, 2, false);
    for (var nodes : List.of(List.<GpuNode>of(), List.of(cordoned))) {
      var verdict = checkWhatRuns(preflight, nodes);
      assertThat(verdict.proceed()).isTrue();
      assertThat(verdict.findings()).extracting(Finding::reason).contains(Reason.NO_NODE_FITS);
    }
    assertThat(
            check("gpu: {class: H200, count: 2}\ntopology: {data: 2}", facts(List.of()), 0, true))
        .as("what does not run yet is not made")
        .extracting(Verdict::proceed)
        .isEqualTo(false);
  }

  @Test
  void aModelThatNothingWouldWakeIsTold() {
    assertThat(waking("metrics: [{type: WaitingRequests, target: \"4\"}]"))
        .hasValueSatisfying(
            finding -> {
              assertThat(finding.holds()).isFalse();
              assertThat(finding.reason()).isEqualTo(Reason.NOTHING_WAKES);
              assertThat(finding.message()).contains("add schedules or a metric of type External");
            });
    assertThat(waking("maxReplicas: 3")).as("by CPU").isPresent();
    assertThat(waking("metrics: [{type: External, name: asked, target: \"4\"}]")).isEmpty();
  }

  private static Optional<Finding> waking(String more) {
    var spec =
        Stored.resource(
                """
                metadata: {name: a}
                spec:
                  model: {name: m, source: {uri: "hf://a/b"}}
                  autoscaling: {minReplicas: 0, idle: {}, %s}
                """
                    .formatted(more))
            .getSpec();
    var keda = new Abilities(Set.of(Abilities.SCALED_OBJECT), true, true);
    return Preflight.autoscaler(Situation.autoscaler(spec), spec, keda);
  }

  private static Facts facts(List<GpuNode> nodes, ResourceQuota... quotas) {
    return new Facts(nodes, List.of(quotas), Map.of(), PLAIN);
  }

  private static ResourceQuota quota(String name, String hard, String used) {
    return new ResourceQuotaBuilder()
        .withNewMetadata()
        .withName("team")
        .endMetadata()
        .withNewSpec()
        .withHard(Map.of(name, new Quantity(hard)))
        .endSpec()
        .withNewStatus()
        .withUsed(Map.of(name, new Quantity(used)))
        .endStatus()
        .build();
  }

  private static GpuNode node(int requested) {
    return new GpuNode("n", "NVIDIA-H200", 143771, 8, requested, true);
  }

  @Test
  void aQuotaIsReckonedForTheReplicasThatAreMissing() {
    var gpus = "requests.nvidia.com/gpu";
    var fits =
        check(
            "gpu: {class: H200, count: 2}\ntopology: {data: 2}",
            facts(List.of(node(0)), quota(gpus, "8", "2")),
            2,
            false);
    assertThat(fits.quota().needed()).isEqualTo("4");
    assertThat(fits.quota().fits()).isTrue();
    var exceeded =
        check(
            "gpu: {class: H200, count: 2}\ntopology: {data: 2}",
            facts(List.of(node(0)), quota(gpus, "8", "6")),
            2,
            false);
    assertThat(exceeded.findings())
        .extracting(Finding::message)
        .contains(
            "quota team allows 8 requests.nvidia.com/gpu, 6 are used and 2 more replica(s) need 4; raise the quota or lower replicas");
    assertThat(exceeded.proceed()).as("what fits still runs").isTrue();
  }

  @Test
  void aRolloutStartsFirstOnlyWithAFreeGpuAndRoomInTheQuota() {
    var spec = "gpu: {class: H200, count: 2}\ntopology: {data: 2}";
    assertThat(check(spec, facts(List.of(node(4))), 0, true).surge()).isTrue();
    assertThat(check(spec, facts(List.of(node(7))), 0, true).surge()).isFalse();
    assertThat(
            check(
                    spec,
                    facts(List.of(node(0)), quota("requests.nvidia.com/gpu", "2", "2")),
                    0,
                    true)
                .surge())
        .isFalse();
    assertThat(
            check(
                    spec + "\nrollout: {spareCapacity: Availability}",
                    facts(List.of(node(7))),
                    0,
                    true)
                .surge())
        .isTrue();
  }

  @Test
  void namesThatKubernetesNeverEnforcesAreNamed() {
    assertThat(
            QuotaCheck.neverEnforced(
                List.of(
                    "nvidia.com/gpu", "limits.nvidia.com/gpu", "requests.nvidia.com/gpu", "pods")))
        .containsExactly("nvidia.com/gpu", "limits.nvidia.com/gpu");
  }

  @Test
  void whatTheClusterLacksIsNamed() {
    var verdict =
        check(
            "network: {expose: Gateway, host: a.example.com, gatewayRef: {name: g}}",
            facts(List.of()),
            0,
            false);
    assertThat(verdict.proceed()).isFalse();
    assertThat(verdict.findings().getFirst().reason()).isEqualTo(Reason.CRD_MISSING);
    assertThat(verdict.findings().getFirst().message())
        .isEqualTo(
            "this cluster does not serve HTTPRoute (network.expose Gateway); install it or change the spec");
  }

  @Test
  void anEngineThatHasAllOfTheModelOnEachGpuIsNotSplit() {
    var refusal = refusal("gpu: {class: H200, count: 2};topology: {tensor: 2}");
    assertThat(refusal.reason()).isEqualTo(Reason.INVALID_TOPOLOGY);
    assertThat(refusal.message())
        .isEqualTo(
            "engine.type Native has the whole model on every GPU; write topology.data 2 in place of tensor, pipeline and expert, or use engine.type VLLM or SGLang");
    var split = "gpu: {class: H200, count: 2}\ntopology: {tensor: 2}\nengine: {type: SGLang}";
    assertThat(check(split, facts(List.of(node(0))), 0, false).proceed()).isTrue();
  }

  private Finding refusal(String spec) {
    var facts = new Facts(List.of(node(0)), List.of(), Map.of("ca", "hash"), PLAIN);
    var verdict = check(spec.replace(";", "\n"), facts, 0, false);
    assertThat(verdict.proceed()).isFalse();
    return verdict.findings().getFirst();
  }

  @Test
  void kedaAndMetricsThatAreMissingAreSaid() {
    assertThat(autoscaler("{minReplicas: 0, idle: {afterSeconds: 60}}"))
        .isEqualTo(Reason.KEDA_MISSING);
    assertThat(autoscaler("{metrics: [{type: KvCacheUsage, target: \"0.8\"}]}"))
        .isEqualTo(Reason.METRICS_API_MISSING);
  }

  private static Reason autoscaler(String autoscaling) {
    var spec =
        Stored.resource(
                "metadata: {name: a}\nspec: {model: {name: a, source: {uri: \"hf://a/b\"}}, autoscaling: "
                    + autoscaling
                    + "}")
            .getSpec();
    return Preflight.autoscaler(Situation.autoscaler(spec), spec, PLAIN).orElseThrow().reason();
  }
}
