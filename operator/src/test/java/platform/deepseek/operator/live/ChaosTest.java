package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An operator that ends in the middle of things. */
class ChaosTest {

  private static final String SPEC =
      """
      replicas: 2
      cache: {volume: {accessMode: ReadWriteOnce}}
      rollout: {strategy: BlueGreen}
      """;

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
  void anOperatorKilledAtAnyOfItsWritesLeavesNothingThatTheNextOneDoesNotFinish() {
    bench.apply(resource("engine:1"));
    var kills = 0;
    for (int writesUntilDeath = 0; ; writesUntilDeath += 3) {
      if (!killedAfter(writesUntilDeath, "engine:1")) {
        break;
      }
      kills++;
    }
    var first = objects();
    assertThat(image()).isEqualTo("engine:1");

    // The same in the middle of a change.
    bench.apply(resource("engine:2"));
    for (int writesUntilDeath = 0; ; writesUntilDeath += 3) {
      if (!killedAfter(writesUntilDeath, "engine:2")) {
        break;
      }
      kills++;
    }
    assertThat(kills).isGreaterThan(3);
    assertThat(image()).isEqualTo("engine:2");
    assertThat(bench.servers("stubborn")).hasSize(2);
    assertThat(objects())
        .as("the same objects, but for the revision's name")
        .hasSameSizeAs(first)
        .filteredOn(it -> !it.startsWith("ControllerRevision"))
        .containsExactlyInAnyOrderElementsOf(
            first.stream().filter(it -> !it.startsWith("ControllerRevision")).toList());
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
    return bench
        .get(Deployment.class, "stubborn")
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getImage();
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
