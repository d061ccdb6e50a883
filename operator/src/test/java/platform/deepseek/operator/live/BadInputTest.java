package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import platform.deepseek.operator.CrdFile;
import platform.deepseek.operator.resource.ConditionType;

/** Wrong resources: refused by the API server, or explained in the status. */
class BadInputTest {

  private static final String MODEL = "model: {name: DeepSeek-R1, source: {uri: \"hf://a/b\"}}";
  private static Bench bench;

  @BeforeAll
  static void start() {
    bench = new Bench();
    RunningOperator.shared();
  }

  @AfterAll
  static void close() {
    bench.close();
  }

  private static Arguments bad(String message, String... lines) {
    return Arguments.of(message, String.join("\n", lines));
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        bad("spec.model: Required value", "replicas: 1"),
        bad("model.source: Required value", "model: {name: a}"),
        bad("should be at least 1 chars long", "model: {name: \"\", source: {uri: \"hf://a/b\"}}"),
        bad("model.source.uri must be hf://", "model: {name: a, source: {uri: \"ftp://a/b\"}}"),
        bad("model.source.uri must be hf://", "model: {name: a, source: {uri: \"hf://a b c\"}}"),
        bad(
            "spec.model.source.digest",
            "model: {name: a, source: {uri: \"hf://a/b\", digest: \"md5:1\"}}"),
        bad(
            "Unsupported value: \"FP12\"",
            "model: {name: a, precision: FP12, source: {uri: \"hf://a/b\"}}"),
        bad(
            "greater than or equal to 128",
            "model: {name: a, maxContextTokens: 1, source: {uri: \"hf://a/b\"}}"),
        bad(
            "greater than or equal to 1",
            "model: {name: a, maxConcurrency: 0, source: {uri: \"hf://a/b\"}}"),
        bad("Unsupported value: \"Triton\"", MODEL, "engine: {type: Triton}"),
        bad("greater than or equal to 1024", MODEL, "engine: {port: 80}"),
        bad("engine.type VLLM and SGLang need gpu", MODEL, "engine: {type: VLLM}"),
        bad("spec.gpu.class: Required value", MODEL, "gpu: {count: 1}"),
        bad("greater than or equal to 1", MODEL, "gpu: {class: H200, count: 0}"),
        bad(
            "gpu.mig needs gpu.allocation DevicePlugin",
            MODEL,
            "gpu: {class: H200, allocation: DRA, mig: {profile: 1g.10gb}}"),
        bad("spec.gpu.mig.profile", MODEL, "gpu: {class: H200, mig: {profile: half}}"),
        bad(
            "topology: tensor x pipeline x data must equal",
            MODEL,
            "gpu: {class: H200, count: 8}",
            "topology: {tensor: 4}"),
        bad(
            "topology.expert must divide tensor x data",
            MODEL,
            "gpu: {class: H200, count: 8}",
            "topology: {tensor: 8, expert: 3}"),
        bad(
            "topology.nodesPerReplica above 1 needs engine.type",
            MODEL,
            "gpu: {class: H200, count: 8}",
            "topology: {tensor: 16, nodesPerReplica: 2}"),
        bad("greater than or equal to 0", MODEL, "replicas: -1"),
        bad("must not exceed maxReplicas", MODEL, "autoscaling: {minReplicas: 5, maxReplicas: 2}"),
        bad("needs autoscaling.idle", MODEL, "autoscaling: {minReplicas: 0, maxReplicas: 2}"),
        bad(
            "an HPA keeps at least one",
            MODEL,
            "autoscaling: {backend: HPA, minReplicas: 0, idle: {afterSeconds: 60}}"),
        bad(
            "of type External needs a name",
            MODEL,
            "autoscaling: {metrics: [{type: External, target: \"1\"}]}"),
        bad(
            "autoscaling.metrics[0].target",
            MODEL,
            "autoscaling: {metrics: [{type: CPU, target: \"-3\"}]}"),
        bad("cache.offline forbids any pod to reach out", MODEL, "cache: {offline: true}"),
        bad("cache.mode ImageVolume mounts an image", MODEL, "cache: {mode: ImageVolume}"),
        bad("oci:// is mounted as a volume", "model: {name: a, source: {uri: \"oci://a/b\"}}"),
        bad("quota.mode Manage needs quota.hard", MODEL, "quota: {mode: Manage}"),
        bad("auth.mode ApiKey needs auth.apiKeys", MODEL, "auth: {mode: ApiKey}"),
        bad(
            "auth.mode OIDC: no engine checks tokens; enter the issuer in auth-service",
            MODEL,
            "auth: {mode: OIDC, oidc: {issuer: \"https://a\", audience: b}}"),
        bad(
            "auth.mode MTLS: no engine checks client certificates; let the gateway",
            MODEL,
            "auth: {mode: MTLS, clientCertificates: {name: a}}"),
        bad(
            "VLLM and SGLang do not ask auth-service",
            MODEL,
            "engine: {type: VLLM}",
            "gpu: {class: H200}"),
        bad(
            "VLLM and SGLang do not ask auth-service",
            MODEL,
            "engine: {type: SGLang}",
            "gpu: {class: H200}",
            "auth: {mode: Platform}"),
        bad("need network.host", MODEL, "network: {expose: Ingress}"),
        bad(
            "network.expose Gateway needs network.gatewayRef",
            MODEL,
            "network: {expose: Gateway, host: a.example.com}"),
        bad("needs namespaceLabels, podLabels or cidr", MODEL, "network: {allowFrom: [{}]}"),
        bad("rollout.strategy Canary needs rollout.canary", MODEL, "rollout: {strategy: Canary}"),
        bad(
            "must have weight 100",
            MODEL,
            "rollout: {strategy: Canary, canary: {steps: [{weight: 20}]}}"),
        bad(
            "must rise from step to step",
            MODEL,
            "rollout: {strategy: Canary, canary: {steps: [{weight: 50}, {weight: 20}, {weight: 100}]}}"),
        bad(
            "must rise from step to step",
            MODEL,
            "rollout: {strategy: Canary, canary: {steps: [{weight: 100}, {weight: 100}]}}"),
        bad(
            "greater than or equal to 1",
            MODEL,
            "rollout: {strategy: Canary, canary: {steps: [{weight: -5}, {weight: 100}]}}"),
        bad(
            "a canary check needs max or min",
            MODEL,
            "rollout: {strategy: Canary, canary: {steps: [{weight: 100}], analysis: {checks: [{metric: ErrorRate}]}}}"),
        bad(
            "goldenAnswers needs a check of metric GoldenAnswers",
            MODEL,
            "auth: {mode: ApiKey, apiKeys: {name: keys}}",
            "rollout: {strategy: Canary, canary: {steps: [{weight: 100}],"
                + " analysis: {goldenAnswers: {configMap: {name: a}}}}}"),
        bad(
            "goldenAnswers needs the Secret apiKey",
            MODEL,
            "rollout: {strategy: Canary, canary: {steps: [{weight: 100}],"
                + " analysis: {checks: [{metric: GoldenAnswers, min: \"1\"}],"
                + " goldenAnswers: {configMap: {name: a}}}}}"),
        bad(
            "Canary and BlueGreen need topology.nodesPerReplica 1",
            MODEL,
            "engine: {type: VLLM}",
            "gpu: {class: H200, count: 8}",
            "topology: {tensor: 16, nodesPerReplica: 2}",
            "rollout: {strategy: BlueGreen}"),
        bad(
            "a webhook or ticket needs either url or secretRef",
            MODEL,
            "observability: {rules: [{name: a, condition: \"pod = 'a'\", actions: [{type: ticket}]}]}"),
        bad(
            "availability.standby moves a route",
            MODEL,
            "availability: {standby: {serviceName: other}}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void theApiServerRefuses(String message, String spec) {
    var refusal =
        catchThrowableOfType(
            KubernetesClientException.class, () -> bench.apply(resource("bad", spec)));
    assertThat(refusal).as(spec).isNotNull();
    assertThat(refusal.getStatus().getMessage()).contains(message);
  }

  private static String resource(String name, String spec) {
    return """
        apiVersion: deepseek.platform/v1alpha1
        kind: DeepSeekDeployment
        metadata: {name: %s}
        spec:
        """
            .formatted(name)
        + spec.indent(2);
  }

  @Test
  void aNameThatIsTooLongIsRefused() {
    var refusal =
        catchThrowableOfType(
            KubernetesClientException.class, () -> bench.apply(resource("a".repeat(41), MODEL)));
    assertThat(refusal.getStatus().getMessage()).contains("longer than 40 characters");
  }

  @Test
  void whatCannotBeChangedIsRefused() {
    bench.apply(Resources.small("fixed"));
    var model =
        catchThrowableOfType(
            KubernetesClientException.class,
            () -> bench.apply(Resources.small("fixed").replace("SmolLM2-135M-Instruct", "Other")));
    assertThat(model.getStatus().getMessage()).contains("model.name cannot be changed");
    var cache =
        catchThrowableOfType(
            KubernetesClientException.class,
            () -> bench.apply(Resources.small("fixed", "cache: {mode: None}")));
    assertThat(cache.getStatus().getMessage()).contains("cache.mode cannot be changed");
  }

  @Test
  void aResourceWithoutASpecIsRefused() {
    var refusal =
        catchThrowableOfType(
            KubernetesClientException.class,
            () -> bench.apply(resource("bad", "").replace("spec:\n", "")));
    assertThat(refusal.getStatus().getMessage()).contains("spec is missing");
  }

  /** A rule that nothing breaks here might as well be wrong. */
  @Test
  void everyRuleOfTheDefinitionIsBrokenByOneOfThese() throws IOException {
    var schema =
        Serialization.unmarshal(Files.readString(CrdFile.COMMITTED), JsonNode.class)
            .at("/spec/versions/0/schema/openAPIV3Schema");
    var broken =
        Stream.concat(
                refused().map(it -> (String) it.get()[0]),
                Stream.of("longer than 40 characters", "cannot be changed", "spec is missing"))
            .toList();
    assertThat(
            schema.findValues("x-kubernetes-validations").stream()
                .flatMap(JsonNode::valueStream)
                .map(rule -> rule.get("message").asText()))
        .hasSizeGreaterThan(30)
        .allSatisfy(message -> assertThat(broken).anyMatch(message::contains));
  }

  static Stream<Arguments> explained() {
    return Stream.of(
        Arguments.of("1starts-with-a-digit", ConditionType.ACCEPTED, "InvalidName", MODEL),
        Arguments.of("dotted.name", ConditionType.ACCEPTED, "InvalidName", MODEL),
        Arguments.of(
            "no-class", ConditionType.ACCEPTED, "UnknownGpuClass", MODEL + "\ngpu: {class: H300}"),
        Arguments.of(
            "no-shape",
            ConditionType.ACCEPTED,
            "UnknownModel",
            "model: {name: Mine, source: {uri: \"hf://a/b\"}}\ngpu: {class: H200}"),
        Arguments.of(
            "too-small",
            ConditionType.GPU_AVAILABLE,
            "MemoryTooSmall",
            MODEL + "\ngpu: {class: L4}"),
        Arguments.of(
            "no-node",
            ConditionType.GPU_AVAILABLE,
            "NoNodeFits",
            "model: {name: DeepSeek-R1-Distill-Qwen-7B, source: {uri: \"hf://a/b\"}}\ngpu: {class: B200}"),
        Arguments.of(
            "split",
            ConditionType.ACCEPTED,
            "InvalidTopology",
            MODEL + "\ngpu: {class: H200, count: 8}\ntopology: {tensor: 8}"),
        Arguments.of(
            "no-secret",
            ConditionType.ACCEPTED,
            "SecretMissing",
            "model: {name: DeepSeek-R1, source: {uri: \"s3://a/b\", secretRef: {name: nowhere}}}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("explained")
  void theStatusExplains(String name, ConditionType type, String reason, String spec) {
    bench.apply(resource(name, spec));
    var condition = bench.awaitReason(name, type, reason);
    assertThat(condition.getMessage()).matches("(?s).{20,}").doesNotContain("Exception", "\tat ");
    assertThat(bench.get(Deployment.class, name)).isNull();
    assertThat(RunningOperator.shared().writes(bench.namespace()))
        .filteredOn(write -> write.contains("/" + name + "/status"))
        .hasSizeLessThan(4);
  }
}
