package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.ConditionType;

/** Replicas that follow the load, and who owns their number. */
class AutoscalingTest extends LiveTest {

  private static final String QUICK =
      """
      autoscaling:
        minReplicas: 2
        maxReplicas: 6
        metrics: [{type: WaitingRequests, target: "4"}]
        behavior: {scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 10, periodSeconds: 1}]}}
      """;

  private void waiting(String perPod) {
    bench.cluster().metric("pods/" + bench.namespace() + "/deepseek_requests_waiting/*", perPod);
  }

  @Test
  void replicasFollowTheWaitingRequestsUpAndDown() {
    waiting("4");
    bench.apply(Resources.small("busy", QUICK));
    bench.awaitReason("busy", ConditionType.AUTOSCALING_ACTIVE, "Scaling");
    bench.eventually(() -> assertThat(bench.servers("busy")).hasSize(2));
    waiting("12");
    bench.eventually(() -> assertThat(bench.servers("busy")).hasSize(6));
    waiting("1");
    bench.eventually(() -> assertThat(bench.servers("busy")).hasSize(2));
  }

  @Test
  void replicasNeverDipWhenAnAutoscalerComesOrGoes() {
    waiting("4");
    bench.apply(Resources.small("steady", "replicas: 4"));
    bench.awaitReady("steady");
    List<Integer> seen = new CopyOnWriteArrayList<>();
    try (var watch =
        bench
            .client()
            .resources(Deployment.class)
            .inNamespace(bench.namespace())
            .withName("steady")
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, Deployment deployment) {
                    seen.add(deployment.getSpec().getReplicas());
                  }

                  @Override
                  public void onClose(WatcherException cause) {}
                })) {
      for (int round = 0; round < 3; round++) {
        bench.apply(Resources.small("steady", "replicas: 4", QUICK));
        bench.eventually(
            () -> assertThat(bench.get(HorizontalPodAutoscaler.class, "steady")).isNotNull());
        bench.eventually(() -> assertThat(owners()).doesNotContain("deepseek-operator"));
        bench.apply(Resources.small("steady", "replicas: 4"));
        bench.assertGone(HorizontalPodAutoscaler.class, "steady");
        bench.eventually(() -> assertThat(owners()).contains("deepseek-operator"));
      }
    }
    assertThat(seen).isNotEmpty().containsOnly(4);
  }

  /** Field managers that own spec.replicas. */
  private List<String> owners() {
    var owners = new ArrayList<String>();
    for (var entry : bench.get(Deployment.class, "steady").getMetadata().getManagedFields()) {
      if (entry.getFieldsV1().getAdditionalProperties().get("f:spec")
              instanceof java.util.Map<?, ?> spec
          && spec.containsKey("f:replicas")) {
        owners.add(entry.getManager());
      }
    }
    return owners;
  }
}
