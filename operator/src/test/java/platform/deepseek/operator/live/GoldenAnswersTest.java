package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.ModelServer;
import platform.deepseek.operator.ModelServer.Reply;
import platform.deepseek.operator.resource.CanaryMetric;
import platform.deepseek.operator.resource.ConditionType;

/**
 * A canary that is asked questions: its pods are on a node whose pods have loopback addresses,
 * where a server of the test answers as each pod's image would.
 */
class GoldenAnswersTest extends LiveTest {

  private static final String QUESTIONS =
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: golden}
      data:
        capital.question: Capital of France?
        capital.answer: Paris
        sum.question: 2 + 2?
        sum.contains: "4"
        poem.question: A poem?
      """;

  /** What each revision's image says to the question that has no answer of its own. */
  private final Map<String, String> poems = new ConcurrentHashMap<>();

  private final String node = "loopback-" + bench.namespace();
  private final ModelServer server = new ModelServer(this::reply);

  GoldenAnswersTest() {
    bench
        .client()
        .resource(
            """
            apiVersion: v1
            kind: Node
            metadata:
              name: %1$s
              annotations: {kwok.x-k8s.io/node: fake}
              labels: {kubernetes.io/hostname: %1$s}
            spec: {podCIDR: 127.77.0.0/16, podCIDRs: [127.77.0.0/16]}
            status: {allocatable: {cpu: "8", memory: 32Gi, pods: "110"}, capacity: {cpu: "8", memory: 32Gi, pods: "110"}}
            """
                .formatted(node))
        .create();
    bench.apply(QUESTIONS);
    bench.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: asker}
        stringData: {api-key: sk-asker}
        """);
  }

  @AfterEach
  void stop() {
    server.close();
    bench.client().nodes().withName(node).delete();
  }

  private Reply reply(InetAddress asked, String question) {
    return switch (question) {
      case "Capital of France?" -> Reply.of("Paris\n");
      case "2 + 2?" -> Reply.of("It is 4.");
      default -> Reply.of(poems.getOrDefault(image(asked), "no pod of the test is here"));
    };
  }

  private String image(InetAddress address) {
    return bench.list(Pod.class).stream()
        .filter(pod -> address.getHostAddress().equals(pod.getStatus().getPodIP()))
        .map(pod -> pod.getSpec().getContainers().getFirst().getImage())
        .findFirst()
        .orElse("");
  }

  private String resource(String image) {
    return Resources.small(
            "m",
            """
            replicas: 2
            scheduling: {nodeSelector: {kubernetes.io/hostname: %s}}
            rollout:
              strategy: Canary
              canary:
                steps: [{weight: 50, hold: PT1S}, {weight: 100, hold: PT1S}]
                analysis:
                  intervalSeconds: 1
                  failureLimit: 2
                  checks: [{metric: GoldenAnswers, min: "0.9"}]
                  goldenAnswers: {configMap: {name: golden}, apiKey: {name: asker}, timeoutSeconds: 30}
            """
                .formatted(node))
        .replace("engine: {", "engine: {image: \"%s\", port: %d, ".formatted(image, server.port()));
  }

  private String image() {
    return bench
        .get(Deployment.class, "m")
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getImage();
  }

  @Test
  void aRevisionThatAnswersAsTheStableOneDoesIsPromotedAndAnotherIsTakenBack() {
    poems.putAll(
        Map.of("engine:1", "Roses are red", "engine:2", "Roses are  red", "engine:3", "blue"));
    bench.apply(resource("engine:1"));
    bench.awaitReplicas("m", 2);
    assertThat(server.asked()).as("nothing is asked while nothing changes").isEmpty();

    bench.apply(resource("engine:2"));
    bench.eventually(
        () -> {
          assertThat(image()).isEqualTo("engine:2");
          assertThat(bench.get(Deployment.class, "m-canary")).isNull();
        });
    assertThat(server.asked())
        .isNotEmpty()
        .allSatisfy(
            asked ->
                assertThat(asked.headers())
                    .containsEntry("Authorization", List.of("Bearer sk-asker")));

    bench.awaitStatus("m", status -> status.canary() == null);
    bench.apply(resource("engine:3"));
    var condition = bench.awaitReason("m", ConditionType.CANARY_HEALTHY, "RolledBack");
    assertThat(condition.getMessage())
        .contains(
            "the last by GOLDEN_ANSWERS 0.6667 (1 of 3 wrong: poem: 'blue' instead of 'Roses are"
                + " red')");
    var check = bench.status("m").canary().checks().getFirst();
    assertThat(check.metric()).isEqualTo(CanaryMetric.GOLDEN_ANSWERS);
    assertThat(check.value()).isEqualTo("0.6667");
    assertThat(check.message()).startsWith("1 of 3 wrong");
    bench.assertGone(Deployment.class, "m-canary");
    assertThat(image()).isEqualTo("engine:2");
  }

  @Test
  void questionsThatAreNotThereAreNamedAndTheRevisionIsTakenBack() {
    bench.apply(resource("engine:1"));
    bench.awaitReplicas("m", 2);
    bench.client().configMaps().inNamespace(bench.namespace()).withName("golden").delete();
    bench.apply(resource("engine:2"));
    var condition = bench.awaitReason("m", ConditionType.CANARY_HEALTHY, "RolledBack");
    assertThat(condition.getMessage())
        .contains("GOLDEN_ANSWERS not measurable (the ConfigMap golden does not exist)");
  }
}
