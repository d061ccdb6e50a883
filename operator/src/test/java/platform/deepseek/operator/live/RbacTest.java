package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
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
  private static final Path NODES = Path.of("rbac", "nodes.yml");
  private static final Pattern CORE =
      Pattern.compile("/api/v1(?:/namespaces/[^/]+)?/([^/]+)(/.*)?");
  private static final Pattern GROUP =
      Pattern.compile("/apis/([^/]+)/[^/]+(?:/namespaces/[^/]+)?/([^/]+)(/.*)?");

  private final Bench bench = new Bench();

  @AfterEach
  void close() {
    bench.close();
  }

  private String user() {
    return "system:serviceaccount:" + bench.namespace() + ":operator";
  }

  private ClusterRole role(Path file) throws IOException {
    var role = Serialization.unmarshal(Files.readString(file), ClusterRole.class);
    return bench.client().resource(role).fieldManager("test").forceConflicts().serverSideApply();
  }

  private void bindEverywhere(ClusterRole role) {
    bench
        .client()
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(bench.namespace())
                .endMetadata()
                .withRoleRef(reference(role))
                .addNewSubject(null, "ServiceAccount", "operator", bench.namespace())
                .build())
        .create();
  }

  /** Waits until the API server has taken the bindings in: an operator that may not watch ends. */
  private void awaitRights(String verb, String group, String resource, String namespace) {
    bench.eventually(
        () ->
            assertThat(
                    bench
                        .client()
                        .authorization()
                        .v1()
                        .subjectAccessReview()
                        .create(
                            new SubjectAccessReviewBuilder()
                                .withNewSpec()
                                .withUser(user())
                                .withNewResourceAttributes()
                                .withVerb(verb)
                                .withGroup(group)
                                .withResource(resource)
                                .withNamespace(namespace)
                                .endResourceAttributes()
                                .endSpec()
                                .build())
                        .getStatus()
                        .getAllowed())
                .as("%s may %s %s", user(), verb, resource)
                .isTrue());
  }

  private void bindHere(ClusterRole role) {
    bench
        .client()
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName("operator")
                .withNamespace(bench.namespace())
                .endMetadata()
                .withRoleRef(reference(role))
                .addNewSubject(null, "ServiceAccount", "operator", bench.namespace())
                .build())
        .create();
  }

  private static RoleRef reference(ClusterRole role) {
    return new RoleRef("rbac.authorization.k8s.io", "ClusterRole", role.getMetadata().getName());
  }

  @Test
  void anOperatorOfOneNamespaceNeedsNothingOfOthersButTheNodes() throws IOException {
    bindHere(role(ROLE));
    bindEverywhere(role(NODES));
    awaitRights("watch", "deepseek.platform", "deepseekdeployments", bench.namespace());
    awaitRights("watch", "", "nodes", null);
    try (var operator = RunningOperator.withRightsOf(user(), bench.namespace())) {
      bench.apply(
          Resources.own(Resources.onGpus("here", "cache: {volume: {accessMode: ReadWriteOnce}}")));
      var status = bench.awaitReady("here");
      assertThat(status.gpu().fittingNodes()).isPositive();
      assertThat(used(operator.requests())).containsAll(granted(role(NODES)));
      assertThat(status.conditionsOrNone())
          .noneMatch(condition -> condition.getMessage().contains("forbidden"));
    } finally {
      bench.client().rbac().clusterRoleBindings().withName(bench.namespace()).delete();
    }
  }

  @Test
  void theRoleAllowsEveryCallAndNothingInItIsUnused() throws IOException {
    var role = role(ROLE);
    bindEverywhere(role);
    awaitRights("watch", "deepseek.platform", "deepseekdeployments", null);
    try (var operator = RunningOperator.withRightsOf(user(), bench.namespace())) {
      everythingThereIs();
      everythingUndone();
      bench.eventually(
          () -> {
            var unused = new TreeSet<>(granted(role));
            unused.removeAll(used(operator.requests()));
            // The framework refuses to lead without it, and patches.
            unused.remove("update leases.coordination.k8s.io");
            assertThat(unused).as("granted and not used").isEmpty();
          });
    } finally {
      bench.client().nodes().withName("gpu-h200-second").delete();
      bench.client().rbac().clusterRoleBindings().withName(bench.namespace()).delete();
    }
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
            stringData: {HF_TOKEN: x, api-key: sk-x}
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
                .replace("data: 2", "tensor: 2, nodesPerReplica: 2")));
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

  /** The same resources without all that they can do without, and with other files. */
  private void everythingUndone() {
    bench.apply(
        Resources.own(
                Resources.onGpus(
                    "all",
                    "cache: {volume: {accessMode: ReadWriteOnce}}",
                    "engine: {image: \"engine:2\"}",
                    "observability: {serviceMonitor: \"Off\", prometheusRule: \"Off\"}"))
            .replace("Qwen-7B\"}", "Qwen-7B\", revision: other}"));
    bench.apply(Resources.own(Resources.small("ingress")));
    bench.apply(
        Resources.own(Resources.onGpus("nodes", "cache: {volume: {accessMode: ReadWriteOnce}}")));
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
                    + " analysis: {checks: [{metric: ErrorRate, max: \"1\"},"
                    + " {metric: GoldenAnswers, min: \"0\"}],"
                    + " goldenAnswers: {configMap: {name: none}, apiKey: {name: token}}}}}"))
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
    // A patch by server-side apply creates what does not exist.
    used.stream()
        .filter(it -> it.startsWith("patch "))
        .toList()
        .forEach(it -> used.add(it.replace("patch ", "create ")));
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
