package platform.deepseek.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.Reason;

class DiagnosisTest {

  private static Pod crashed(int exitCode, String reason, String message) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .endMetadata()
        .withNewStatus()
        .withContainerStatuses(
            new ContainerStatusBuilder()
                .withName("engine")
                .withImage("engine:1")
                .withRestartCount(4)
                .withNewState()
                .withNewWaiting("back-off", "CrashLoopBackOff")
                .endState()
                .withNewLastState()
                .withNewTerminated()
                .withExitCode(exitCode)
                .withReason(reason)
                .withMessage(message)
                .endTerminated()
                .endLastState()
                .build())
        .endStatus()
        .build();
  }

  private static Trouble of(Pod pod) {
    return Diagnosis.of(List.of(pod)).orElseThrow();
  }

  @Test
  void aCrashIsToldWithExitCodeAndLastLines() {
    var trouble = of(crashed(3, "Error", "one\ntwo\nthree\nfour\n"));
    assertThat(trouble.reason()).isEqualTo(Reason.CRASH_LOOP);
    assertThat(trouble.exitCode()).isEqualTo(3);
    assertThat(trouble.message())
        .isEqualTo("container engine ended 4 time(s), last with exit code 3: two | three | four");
  }

  @Test
  void theNewestPodIsToldOf() {
    Pod old = created(crashed(1, "Error", "old"), "2026-01-01T00:00:00Z", "90");
    Pod young = created(crashed(2, "Error", "new"), "2026-01-01T00:00:01Z", "80");
    Pod younger = created(crashed(3, "Error", "newest"), "2026-01-01T00:00:01Z", "100");
    assertThat(Diagnosis.of(List.of(old, younger, young)).orElseThrow().exitCode()).isEqualTo(3);
    assertThat(Diagnosis.of(List.of(young, old)).orElseThrow().exitCode()).isEqualTo(2);
  }

  private static Pod created(Pod pod, String time, String version) {
    pod.getMetadata().setCreationTimestamp(time);
    pod.getMetadata().setResourceVersion(version);
    return pod;
  }

  @Test
  void memoryOfTheMachineAndOfTheGpuAreToldApart() {
    assertThat(of(crashed(137, "OOMKilled", null)).reason()).isEqualTo(Reason.OUT_OF_MEMORY);
    var gpu = of(crashed(1, "Error", "torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB"));
    assertThat(gpu.reason()).isEqualTo(Reason.GPU_OUT_OF_MEMORY);
    assertThat(gpu.message()).contains("lower model.maxConcurrency");
  }

  @Test
  void aPodThatStartsIsNoTrouble() {
    var starting =
        new PodBuilder()
            .withNewMetadata()
            .withName("p")
            .endMetadata()
            .withNewStatus()
            .withContainerStatuses(
                new ContainerStatusBuilder()
                    .withName("engine")
                    .withNewState()
                    .withNewWaiting(null, "ContainerCreating")
                    .endState()
                    .build())
            .endStatus()
            .build();
    assertThat(Diagnosis.of(List.of(starting))).isEmpty();
  }
}
