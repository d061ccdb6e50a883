package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** A spec edit that lands while the operator writes the status. */
class LostEditTest extends LiveTest {

  private static final int ROUNDS = 200;
  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

  @Test
  void noneOfTwoHundredEditsIsLost() {
    bench.apply(Resources.small("edited", "replicas: 2"));
    bench.awaitReady("edited");
    var resources =
        bench
            .client()
            .resources(DeepSeekDeployment.class)
            .inNamespace(bench.namespace())
            .withName("edited");
    for (int round = 1; round <= ROUNDS; round++) {
      // The first edit makes the operator write a status; the second races with that write.
      resources.patch(MERGE, edit(round * 2));
      var newest = resources.patch(MERGE, edit(round * 2 + 1));
      if (round % 20 == 0) {
        var generation = newest.getMetadata().getGeneration();
        var unavailable = new IntOrString(round * 2 + 1);
        bench.awaitStatus("edited", status -> generation.equals(status.observedGeneration()));
        assertThat(bench.get(PodDisruptionBudget.class, "edited").getSpec().getMaxUnavailable())
            .isEqualTo(unavailable);
      }
    }
  }

  private static String edit(int maxUnavailable) {
    return "{\"spec\":{\"availability\":{\"maxUnavailable\":" + maxUnavailable + "}}}";
  }
}
