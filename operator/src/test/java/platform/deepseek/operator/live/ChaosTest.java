package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An operator that ends in the middle of things, and one whose surroundings do. */
class ChaosTest {

  private static final String SPEC =
      """
      replicas: 2
      cache: {volume: {accessMode: ReadWriteOnce}}
      rollout: {strategy: BlueGreen}
      """;

  private static final int MOST_KILLS = 100;

  private final Bench bench = new Bench();

  @AfterEach
  void close() {
    bench.close();
  }

  /** What kill -9 leaves: from its last write on, nothing of it reaches the cluster. */
  private static final class Death extends IllegalStateException {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void anOperatorKilledAtEveryOneOfItsWritesLeavesNothingThatTheNextOneDoesNotFinish() {
    bench.apply(resource("engine:1"));
    var kills = killedAtEveryWrite("engine:1");
    var first = objects();
    assertThat(image()).isEqualTo("engine:1");

    // The same in the middle of a change.
    bench.apply(resource("engine:2"));
    kills += killedAtEveryWrite("engine:2");
    assertThat(kills).as("each writes once and dies at its second write").isGreaterThan(20);
    assertThat(image()).isEqualTo("engine:2");
    assertThat(bench.servers("stubborn")).hasSize(2);
    assertThat(objects())
        .as("the same objects, but for the revision's name")
        .hasSameSizeAs(first)
        .filteredOn(it -> !it.startsWith("ControllerRevision"))
        .containsExactlyInAnyOrderElementsOf(
            first.stream().filter(it -> !it.startsWith("ControllerRevision")).toList());
  }

  /** Operators of which each gets one write further, until one has nothing left to write. */
  private int killedAtEveryWrite(String image) {
    int kills = 0;
    while (killedAfter(1, image)) {
      assertThat(++kills).as("it gets on").isLessThan(MOST_KILLS);
    }
    return kills;
  }

  @Test
  void anApiServerThatDiesInTheMiddleOfAChangeOnlyDelaysIt() throws IOException {
    var name = "patient";
    bench.apply(Resources.small(name, "replicas: 2"));
    RunningOperator.shared();
    bench.awaitReady(name);
    bench.apply(
        Resources.small(name, "replicas: 3")
            .replace("engine: {", "engine: {image: \"engine:2\", "));
    // All connections end, watches too, and for a while nobody answers.
    bench.cluster().restartApiServer();
    bench.eventually(
        () -> {
          assertThat(image(name)).isEqualTo("engine:2");
          assertThat(bench.servers(name)).hasSize(3);
        });
    bench.awaitReady(name);
    // The watches are there again: an edit is seen at once.
    bench.apply(Resources.small(name, "replicas: 1"));
    bench.eventually(() -> assertThat(bench.servers(name)).hasSize(1));
    bench.awaitReady(name);
  }

  @Test
  void clocksAnHourApartAgreeInTheEnd() {
    for (var skew : List.of(Duration.ofHours(1), Duration.ofHours(-1), Duration.ZERO)) {
      var image = "engine:" + (skew.toHours() + 2);
      bench.apply(
          Resources.own(Resources.small("skewed", "replicas: 2"))
              .replace("engine: {", "engine: {image: \"" + image + "\", "));
      try (var operator =
          RunningOperator.own(bench.namespace(), Clock.offset(Clock.systemUTC(), skew))) {
        bench.eventually(() -> assertThat(image("skewed")).isEqualTo(image));
        bench.awaitReady("skewed");
      }
    }
  }

  /** Runs an operator that dies after so many writes; false if it was done before. */
  private boolean killedAfter(int writes, String image) {
    var left = new AtomicInteger(writes);
    try (var operator =
        RunningOperator.own(
            bench.namespace(),
            write -> {
              if (write.contains("/events")) {
                return;
              }
              if (left.getAndDecrement() <= 0) {
                throw new Death();
              }
            })) {
      bench.eventually(() -> assertThat(left.get() < 0 || settled(image)).isTrue());
      return left.get() < 0;
    }
  }

  private boolean settled(String image) {
    var deployment = bench.get(Deployment.class, "stubborn");
    return deployment != null
        && image.equals(
            deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage())
        && bench.get(Deployment.class, "stubborn-canary") == null
        && Integer.valueOf(2).equals(deployment.getStatus().getUpdatedReplicas())
        && bench.status("stubborn").phase() == platform.deepseek.operator.resource.Phase.READY
        && bench
            .get(platform.deepseek.operator.resource.DeepSeekDeployment.class, "stubborn")
            .getMetadata()
            .getGeneration()
            .equals(bench.status("stubborn").observedGeneration());
  }

  private String image() {
    return image("stubborn");
  }

  private String image(String deployment) {
    var found = bench.get(Deployment.class, deployment);
    assertThat(found).isNotNull();
    return found.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }

  private List<String> objects() {
    var names = new ArrayList<String>();
    for (var kind :
        List.<Class<? extends HasMetadata>>of(
            Deployment.class, Job.class, ControllerRevision.class, NetworkPolicy.class)) {
      bench.list(kind).forEach(it -> names.add(it.getKind() + "/" + it.getMetadata().getName()));
    }
    return names;
  }

  private static String resource(String image) {
    return Resources.own(Resources.downloaded("stubborn", SPEC))
        .replace("engine: {", "engine: {image: \"" + image + "\", ");
  }
}
