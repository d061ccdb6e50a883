package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.live.FaultyLine.Answer;
import platform.deepseek.operator.resource.ConditionType;

/**
 * An API server that conflicts, throttles and hangs up: it takes longer, and comes out the same.
 */
class DisturbanceTest {

  private static final Answer TOO_MANY =
      new Answer(
          429,
          "Retry-After: 1\r\n",
          """
          {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "TooManyRequests", "code": 429,
           "message": "too many requests, please try again later"}
          """);

  private static final List<Class<? extends HasMetadata>> KINDS =
      List.of(
          Deployment.class,
          Service.class,
          ServiceAccount.class,
          ControllerRevision.class,
          HorizontalPodAutoscaler.class,
          PodDisruptionBudget.class,
          NetworkPolicy.class,
          Ingress.class);

  private final Bench bench = new Bench();

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void conflictsAndThrottlingOnlyDelay() {
    var undisturbed = new Bench();
    undisturbed.apply(resource("engine:1", 2));
    try (var operator = RunningOperator.own(undisturbed.namespace(), write -> {})) {
      undisturbed.awaitReady("m");
      undisturbed.apply(resource("engine:2", 3));
      awaitImage(undisturbed, "engine:2", 3);
    }

    // Each object's first write meets a conflict, its second is one too many, its third may pass.
    Map<String, Integer> tries = new ConcurrentHashMap<>();
    try (var line =
            new FaultyLine(
                bench.cluster(),
                request ->
                    request.startsWith("GET ")
                        ? Optional.empty()
                        : switch (tries.merge(request, 1, Integer::sum)) {
                          case 1 -> Optional.of(conflict(request));
                          case 2 -> Optional.of(TOO_MANY);
                          default -> Optional.empty();
                        });
        var operator = RunningOperator.through(line, bench.namespace())) {
      bench.apply(resource("engine:1", 2));
      bench.awaitReady("m");
      tries.clear();
      bench.apply(resource("engine:2", 3));
      awaitImage(bench, "engine:2", 3);
      assertThat(line.answered()).as("writes that failed").hasSizeGreaterThan(20);
    }
    assertThat(specs(bench)).isEqualTo(specs(undisturbed));
    assertThat(bench.events("m"))
        .as("a conflict that passes is nobody else's object")
        .noneMatch(event -> event.getReason().equals("NameTaken"));
    undisturbed.close();
  }

  private static Answer conflict(String request) {
    var path = request.split("/");
    return new Answer(
        409,
        "",
        """
        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Conflict", "code": 409,
         "details": {"kind": "%s", "name": "%s"},
         "message": "Operation cannot be fulfilled: the object has been modified; please try again"}
        """
            .formatted(path[path.length - 2], path[path.length - 1]));
  }

  @Test
  void aLineThatIsCutAgainAndAgainOnlyDelays() {
    Map<String, Integer> cuts = new ConcurrentHashMap<>();
    var holder = new FaultyLine[1];
    try (var line =
            new FaultyLine(
                bench.cluster(),
                request -> {
                  // At every write for the first time: the watches end with it.
                  if (!request.startsWith("GET ") && cuts.merge(request, 1, Integer::sum) == 1) {
                    holder[0].cut();
                  }
                  return Optional.empty();
                });
        var operator = RunningOperator.through(holder(holder, line), bench.namespace())) {
      bench.apply(resource("engine:1", 2));
      bench.awaitReady("m");
      line.cut();
      bench.apply(resource("engine:2", 3));
      awaitImage(bench, "engine:2", 3);
      assertThat(cuts).as("writes that were cut").hasSizeGreaterThan(8);
      assertThat(bench.list(Deployment.class)).hasSize(1);
    }
  }

  private static FaultyLine holder(FaultyLine[] holder, FaultyLine line) {
    holder[0] = line;
    return line;
  }

  private static void awaitImage(Bench bench, String image, int replicas) {
    bench.eventually(
        () -> {
          var deployment = bench.get(Deployment.class, "m");
          assertThat(
                  deployment
                      .getSpec()
                      .getTemplate()
                      .getSpec()
                      .getContainers()
                      .getFirst()
                      .getImage())
              .isEqualTo(image);
          assertThat(bench.servers("m")).hasSize(replicas);
        });
    bench.awaitReady("m");
    bench.awaitReason("m", ConditionType.PROGRESSING, "Settled");
  }

  private static String resource(String image, int replicas) {
    return Resources.own(
        Resources.small(
                "m",
                "replicas: " + replicas,
                "network: {expose: Ingress, host: m.example.com}",
                "rollout: {strategy: Recreate}")
            .replace("engine: {", "engine: {image: \"" + image + "\", "));
  }

  /** What was asked for, by kind and name, without what the cluster gives each object. */
  private static Map<String, String> specs(Bench bench) {
    var specs = new TreeMap<String, String>();
    for (var kind : KINDS) {
      for (var object : bench.list(kind)) {
        if (object.getMetadata().getLabels() != null
            && object.getMetadata().getLabels().containsValue("deepseek-operator")) {
          var text = Serialization.asYaml(object.getMetadata().getLabels()) + text(object);
          specs.put(
              object.getKind() + "/" + object.getMetadata().getName(),
              text.replace(bench.namespace(), "NAMESPACE"));
        }
      }
    }
    return specs;
  }

  private static String text(HasMetadata object) {
    var tree = Serialization.jsonMapper().valueToTree(object).path("spec").toPrettyString();
    return tree.lines()
        .filter(line -> !line.contains("\"clusterIP") && !line.matches("\\s*\"10\\.96.*"))
        .collect(Collectors.joining("\n"));
  }
}
