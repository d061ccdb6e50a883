package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.ConditionType;

/** The chart's role: enough for all that the operator does, and nothing beside it. */
class RbacTest {

  private static final Path ROLE = Path.of("rbac", "role.yml");
  private static final Pattern CORE =
      Pattern.compile("/api/v1(?:/namespaces/[^/]+)?/([^/]+)(/.*)?");
  private static final Pattern GROUP =
      Pattern.compile("/apis/([^/]+)/[^/]+(?:/namespaces/[^/]+)?/([^/]+)(/.*)?");

  private final Bench bench = new Bench();

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void theRoleAllowsEveryCallAndNothingInItIsUnused() throws IOException {
    var role = Serialization.unmarshal(Files.readString(ROLE), ClusterRole.class);
    var user = "system:serviceaccount:" + bench.namespace() + ":operator";
    bench.client().resource(role).fieldManager("test").forceConflicts().serverSideApply();
    bench
        .client()
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(bench.namespace())
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "deepseek-operator")
                .addNewSubject(null, "ServiceAccount", "operator", bench.namespace())
                .build())
        .create();
    var used = new HashSet<String>();
    try (var operator = RunningOperator.withRightsOf(user, bench.namespace())) {
      everythingThereIs();
      used.addAll(used(operator.requests()));
      // A patch by server-side apply creates what does not exist.
      used.stream()
          .filter(it -> it.startsWith("patch "))
          .toList()
          .forEach(it -> used.add(it.replace("patch ", "create ")));
    } finally {
      bench.client().nodes().withName("gpu-h200-second").delete();
      bench.client().rbac().clusterRoleBindings().withName(bench.namespace()).delete();
    }
    var unused = new TreeSet<>(granted(role));
    unused.removeAll(used);
    // Asked for by other instances: a Lease by packaged operators, deletions of what this run kept,
    // and the log and custom metrics of pods that run and serve.
    unused.removeIf(it -> it.contains(" leases.") || it.startsWith("delete "));
    assertThat(unused).as("granted and not used").isEmpty();
    assertThat(bench.status("all").conditionsOrNone())
        .as("nothing was refused")
        .noneMatch(it -> it.getMessage().contains("forbidden"));
  }

  private void everythingThereIs() {
    bench
        .client()
        .resource(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: token}
            stringData: {HF_TOKEN: x}
            """)
        .inNamespace(bench.namespace())
        .create();
    bench.cluster().metric("pods/" + bench.namespace() + "/deepseek_error_ratio/*", "1m");
    bench.apply(all("engine:1", "HPA"));
    bench.awaitReason("all", ConditionType.WORKLOAD_AVAILABLE, "Available");
    bench.apply(all("engine:2", "HPA"));
    bench.awaitStatus("all", status -> status.canary() != null && status.canary().checks() != null);
    bench.apply(
        Resources.own(
            Resources.small(
                "ingress",
                "replicas: 2",
                "network: {expose: Ingress, host: a.example.com}",
                "quota: {mode: Manage, hard: {gpus: 100}}",
                "autoscaling: {backend: KEDA, minReplicas: 1}",
                "observability: {rules: [{name: a, condition: \"type = 'Warning'\","
                    + " actions: [{type: remediate}]}]}")));
    bench.awaitStatus("ingress", status -> status.phase() != null);
    bench.apply(
        Resources.own(
            Resources.onGpus(
                    "nodes",
                    "cache: {volume: {accessMode: ReadWriteOnce}}",
                    "engine: {type: VLLM}",
                    "auth: {mode: None}")
                .replace("count: 2", "count: 1, allocation: DRA")
                .replace("tensor: 2", "tensor: 2, nodesPerReplica: 2")));
    // A replica of two nodes needs two of them.
    bench
        .client()
        .resource(
            """
            apiVersion: v1
            kind: Node
            metadata:
              name: gpu-h200-second
              annotations: {kwok.x-k8s.io/node: fake}
              labels: {nvidia.com/gpu.product: NVIDIA-H200, nvidia.com/gpu.memory: "143771"}
            spec: {unschedulable: false}
            status: {allocatable: {nvidia.com/gpu: "1"}, capacity: {nvidia.com/gpu: "1"}}
            """)
        .create();
    bench.eventually(
        () ->
            assertThat(bench.list(platform.deepseek.operator.desired.LeaderWorkerSet.class))
                .hasSize(1));
  }

  private static String all(String image, String backend) {
    return Resources.own(
            Resources.onGpus(
                "all",
                "cache: {volume: {accessMode: ReadWriteOnce}}",
                "engine: {image: \"" + image + "\"}",
                "autoscaling: {backend: " + backend + ", minReplicas: 2}",
                "network: {expose: Gateway, host: b.example.com, gatewayRef: {name: g}}",
                "rollout: {strategy: Canary, canary: {steps: [{weight: 100, hold: PT1H}],"
                    + " analysis: {checks: [{metric: ErrorRate, max: \"1\"}]}}}"))
        .replace(
            "DeepSeek-R1-Distill-Qwen-7B\"",
            "DeepSeek-R1-Distill-Qwen-7B\", secretRef: {name: token}");
  }

  private static Set<String> granted(ClusterRole role) {
    var granted = new HashSet<String>();
    for (PolicyRule rule : role.getRules()) {
      for (var group : rule.getApiGroups()) {
        for (var resource : rule.getResources()) {
          for (var verb : rule.getVerbs()) {
            granted.add(verb + " " + resource + "." + group);
          }
        }
      }
    }
    return granted;
  }

  private static Set<String> used(Set<String> requests) {
    var used = new HashSet<String>();
    for (var request : requests) {
      var method = request.substring(0, request.indexOf(' '));
      var path = request.substring(request.indexOf(' ') + 1);
      var core = CORE.matcher(path);
      var group = GROUP.matcher(path);
      if (core.matches()) {
        used.add(call(method, "", core.group(1), core.group(2)));
      } else if (group.matches()) {
        used.add(call(method, group.group(1), group.group(2), group.group(3)));
      }
    }
    return used;
  }

  private static String call(String method, String group, String resource, String rest) {
    var parts = rest == null ? new String[0] : rest.substring(1).split("/");
    var verb =
        switch (method) {
          case "GET" -> parts.length == 0 ? "list" : "get";
          case "WATCH" -> "watch";
          case "POST" -> "create";
          default -> method.toLowerCase(java.util.Locale.ROOT);
        };
    if (group.equals("custom.metrics.k8s.io")) {
      return "get *." + group;
    }
    return verb + " " + (parts.length > 1 ? resource + "/" + parts[1] : resource) + "." + group;
  }
}
