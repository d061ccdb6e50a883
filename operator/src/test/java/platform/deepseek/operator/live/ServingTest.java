package platform.deepseek.operator.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** From kubectl apply to a served model, on a real control plane. */
class ServingTest {

  private static final String TWO_GPUS =
      """
      apiVersion: deepseek.platform/v1alpha1
      kind: DeepSeekDeployment
      metadata: {name: r1-chat}
      spec:
        model:
          name: DeepSeek-R1-Distill-Qwen-32B
          source: {uri: "hf://deepseek-ai/DeepSeek-R1-Distill-Qwen-32B"}
        cache: {volume: {accessMode: ReadWriteOnce}}
        gpu: {class: H200, count: 2}
        topology: {tensor: 2}
        replicas: 2
      """;

  private final Bench bench = new Bench();

  @BeforeAll
  static void start() {
    RunningOperator.shared();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void anAppliedResourceBecomesReadyPodsOnTheRightNode() {
    bench.apply(TWO_GPUS);
    var status = bench.awaitReady("r1-chat");
    assertThat(bench.servers("r1-chat"))
        .hasSize(2)
        .extracting((Pod pod) -> pod.getSpec().getNodeName())
        .containsOnly("gpu-h200");
    assertThat(bench.get(Service.class, "r1-chat").getSpec().getPorts()).hasSize(2);
    assertThat(status.readyReplicas()).isEqualTo(2);
    assertThat(status.url()).isEqualTo("http://r1-chat." + bench.namespace() + ".svc/v1");
  }
}
