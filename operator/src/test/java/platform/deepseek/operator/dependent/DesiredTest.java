package platform.deepseek.operator.dependent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.operator.Golden;
import platform.deepseek.operator.Stored;
import platform.deepseek.operator.TestSettings;
import platform.deepseek.operator.desired.Abilities;
import platform.deepseek.operator.desired.Replicas;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.desired.Tracked;
import platform.deepseek.operator.desired.Traffic;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.MemoryNeed;
import platform.deepseek.operator.fit.ModelShapes;

/** All objects of a resource, without a cluster: one golden file per resource. */
class DesiredTest {

  private static final Path FOLDER = Path.of("src", "test", "resources", "desired");

  private static final List<OwnedObjects<? extends HasMetadata>> STEPS =
      List.of(
          new ControllerRevisions(),
          new ServiceAccounts(),
          new NetworkPolicies(),
          new PersistentVolumeClaims(),
          new DownloadJobs(),
          new ResourceClaimTemplates(),
          new ResourceQuotas(),
          new Services(),
          new Deployments(),
          new LeaderWorkerSets(),
          new HorizontalPodAutoscalers(),
          new ScaledObjects(),
          new PodDisruptionBudgets(),
          new Ingresses(),
          new HttpRoutes(),
          new ServiceMonitors(),
          new PrometheusRules());

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "distributed", "canary-at-20", "idle", "guarded"})
  void objectsAreAFunctionOfTheSituation(String name) throws IOException {
    var situation = situation(Files.readString(FOLDER.resolve(name + ".resource.yml")), name);
    var first = yaml(situation);
    assertThat(yaml(situation)).as("asked again").isEqualTo(first);
    Golden.check(FOLDER.resolve(name + ".objects.yml"), first);
  }

  @Test
  void theDocumentedExamplesMakeObjectsToo() throws IOException {
    try (Stream<Path> examples = Files.list(Path.of("..", "docs", "examples"))) {
      for (var example : examples.toList()) {
        assertThat(yaml(situation(Files.readString(example), "example")))
            .contains("kind: \"Deployment\"");
      }
    }
  }

  @Test
  void aCanaryThatSpansNodesStartsWithItsOwnReplicasBesideAnAutoscaledOne() throws IOException {
    var situation =
        situation(Files.readString(FOLDER.resolve("distributed.resource.yml")), "canary-at-20");
    var stable = situation.stable();
    var autoscaled =
        new Tracked(Track.STABLE, stable.revision(), stable.spec(), new Replicas.Autoscaled(4));
    var scaled =
        with(situation, List.of(autoscaled, situation.canary().orElseThrow()), situation.needs());
    var sets = new LeaderWorkerSets().desired(scaled);
    sets.forEach(set -> LeaderWorkerSets.start(set, scaled));
    assertThat(sets).extracting(set -> set.getSpec().get("replicas")).containsExactly(4, 1);
  }

  @Test
  void aRevisionThatANewerOperatorHasKeptIsRead() throws IOException {
    var resource = Stored.resource(Files.readString(FOLDER.resolve("gpu.resource.yml")));
    var revision = Revision.of(resource.getSpec());
    var kept = (ObjectNode) revision.data();
    kept.put("ofTomorrow", 1);
    ((ObjectNode) kept.get("model")).put("ofTomorrow", 1);
    assertThat(Revision.parse(kept)).isEqualTo(revision);
  }

  /** Of a canary with another port, and of pods that a rolling change has not reached yet. */
  @Test
  void bothSidesOfAChangeOfThePortAreReached() throws IOException {
    var before = Files.readString(FOLDER.resolve("canary-at-20.resource.yml"));
    var after = before.replace("spec:\n", "spec:\n  engine: {port: 18080}\n");
    var now = situation(before, "canary-at-20");
    var wanted = situation(after, "canary-at-20");
    var both = with(now, List.of(now.stable(), wanted.canary().orElseThrow()), now.needs());
    for (var situation : List.of(now, wanted, both)) {
      var policy = new NetworkPolicies().desired(situation).getFirst();
      assertThat(policy.getSpec().getIngress())
          .flatExtracting(NetworkPolicyIngressRule::getPorts)
          .isNotEmpty()
          .allSatisfy(port -> assertThat(port.getPort().getStrVal()).isIn("http", "management"));
      for (var service : new Services().desired(situation)) {
        assertThat(service.getSpec().getPorts())
            .extracting(port -> port.getTargetPort().getStrVal())
            .containsExactly("http", "management");
      }
    }
    assertThat(new Deployments().desired(both))
        .extracting(
            it -> it.getSpec().getTemplate().getSpec().getContainers().getFirst().getPorts())
        .extracting(
            ports -> ports.stream().map(it -> it.getName() + " " + it.getContainerPort()).toList())
        .containsExactly(
            List.of("http 8080", "management 9000"), List.of("http 18080", "management 9000"));
  }

  /** Or a canary with another memory would restart the replicas that it is compared with. */
  @Test
  void theStableReplicasStayAsTheyAreWhateverACanaryNeeds() throws IOException {
    var yaml = Files.readString(FOLDER.resolve("canary-at-20.resource.yml"));
    var larger = yaml.replace("    source:", "    maxConcurrency: 64\n    source:");
    var now = situation(yaml, "canary-at-20");
    var wanted = situation(larger, "canary-at-20");
    var needs =
        Map.of(
            Track.STABLE, now.needs().get(Track.STABLE),
            Track.CANARY, wanted.needs().get(Track.CANARY));
    var both = with(wanted, List.of(now.stable(), wanted.canary().orElseThrow()), needs);
    var alone = new Deployments().desired(now).getFirst().getSpec().getTemplate();
    var beside = new Deployments().desired(both);
    assertThat(beside.getFirst().getSpec().getTemplate()).isEqualTo(alone);
    assertThat(memory(beside.getLast().getSpec().getTemplate())).isNotEqualTo(memory(alone));
  }

  private static Quantity memory(PodTemplateSpec template) {
    return template.getSpec().getContainers().getFirst().getResources().getLimits().get("memory");
  }

  private static Situation with(
      Situation situation, List<Tracked> tracked, Map<Track, MemoryNeed> needs) {
    return new Situation(
        situation.resource(),
        tracked,
        situation.traffic(),
        situation.surge(),
        needs,
        situation.secretHashes(),
        situation.loadSeconds(),
        situation.quotaLeader(),
        situation.abilities(),
        situation.settings());
  }

  @Test
  void whatNothingCouldWakeKeepsOneReplica() throws IOException {
    var yaml = Files.readString(FOLDER.resolve("idle.resource.yml"));
    assertThat(fewest(yaml)).isEqualTo(0);
    var alone = yaml.replaceAll("    schedules: .*\n", "");
    assertThat(fewest(alone)).isEqualTo(1);
    assertThat(fewest(alone.replace("[{type: WaitingRequests", "[{type: External, name: asked")))
        .isEqualTo(0);
  }

  private static Object fewest(String yaml) {
    var scaled = new ScaledObjects().desired(situation(yaml, "idle")).getFirst();
    return scaled.getSpec().get("minReplicaCount");
  }

  /** MinIO's usual port is 9000, and that it is asked there stands in the source's Secret. */
  @Test
  void aDownloadReachesAnObjectStoreAtWhateverPort() throws IOException {
    var yaml = Files.readString(FOLDER.resolve("gpu.resource.yml"));
    var situation = situation(yaml.replaceAll("uri: \"[^\"]*\"", "uri: \"s3://b/p\""), "s3");
    assertThat(situation.spec().model().source().uri()).isEqualTo("s3://b/p");
    var download =
        new NetworkPolicies()
            .desired(situation).stream()
                .filter(policy -> policy.getMetadata().getName().endsWith("-download"))
                .findFirst()
                .orElseThrow();
    assertThat(download.getSpec().getEgress())
        .flatExtracting(NetworkPolicyEgressRule::getPorts)
        .anySatisfy(
            port -> {
              assertThat(port.getProtocol()).isEqualTo("TCP");
              assertThat(port.getPort()).isNull();
            });
  }

  /** A variable that the engine does not know would be a promise that nobody keeps. */
  @ParameterizedTest
  @ValueSource(strings = {"mode: Platform", "mode: ApiKey, apiKeys: {name: keys}", "mode: None"})
  void theEngineIsToldWhatItsConfigurationHas(String auth) throws IOException {
    var example = Files.readString(Path.of("..", "docs", "examples", "cpu.yml"));
    var resource = situation(example + "  auth: {" + auth + "}\n", "example");
    var deployment = new Deployments().desired(resource).getFirst();
    var container = deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();
    var documented = Files.readString(Path.of("..", "docs", "configuration.md"));
    assertThat(container.getEnv())
        .hasSizeGreaterThan(10)
        .allSatisfy(variable -> assertThat(documented).contains("`" + variable.getName() + "`"));
  }

  private static String yaml(Situation situation) {
    return STEPS.stream()
        .flatMap(step -> step.desired(situation).stream())
        .map(DesiredTest::canonical)
        .collect(Collectors.joining());
  }

  /** With the keys of every map in order. */
  private static String canonical(HasMetadata object) {
    return Serialization.asYaml(sorted(Serialization.jsonMapper().valueToTree(object)));
  }

  private static Object sorted(JsonNode node) {
    if (node.isObject()) {
      var fields = new TreeMap<String, Object>();
      node.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
      return fields;
    }
    if (node.isArray()) {
      return node.valueStream().map(DesiredTest::sorted).toList();
    }
    return node;
  }

  private static Situation situation(String yaml, String name) {
    var resource = Stored.resource(yaml);
    resource.getMetadata().setNamespace("team-a");
    var spec = resource.getSpec();
    var replicas =
        spec.autoscaling() == null
            ? new Replicas.Fixed(spec.replicas())
            : new Replicas.Autoscaled(spec.replicas());
    var stable = new Tracked(Track.STABLE, Revision.of(spec).hash(), spec, replicas);
    var canary = new Tracked(Track.CANARY, "0123456789", spec, new Replicas.Fixed(1));
    var atTwenty = name.equals("canary-at-20");
    return new Situation(
        resource,
        atTwenty ? List.of(stable, canary) : List.of(stable),
        atTwenty ? new Traffic(20, false) : Traffic.STABLE,
        true,
        new FitCheck(ModelShapes.known(), TestSettings.settings().gpuClasses())
            .need(spec)
            .map(need -> Map.of(Track.STABLE, need, Track.CANARY, need))
            .orElse(Map.of()),
        Map.of("keys", "hash-of-keys"),
        Optional.of(94),
        true,
        new Abilities(Set.of(), true, true),
        TestSettings.settings());
  }
}
