package platform.deepseek.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Optional;
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

  private static Optional<Trouble> of(List<Pod> pods) {
    return Diagnosis.of(pods, List.of(), List.of());
  }

  private static Trouble of(Pod pod) {
    return of(List.of(pod)).orElseThrow();
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
    assertThat(of(List.of(old, younger, young)).orElseThrow().exitCode()).isEqualTo(3);
    assertThat(of(List.of(young, old)).orElseThrow().exitCode()).isEqualTo(2);
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
    assertThat(of(List.of(starting))).isEmpty();
  }

  private static Pod running(boolean ready) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .withUid("u")
        .endMetadata()
        .withNewSpec()
        .withNodeName("gpu-1")
        .endSpec()
        .withNewStatus()
        .withContainerStatuses(
            new ContainerStatusBuilder()
                .withName("engine")
                .withStarted(true)
                .withReady(ready)
                .withNewState()
                .withNewRunning()
                .endRunning()
                .endState()
                .build())
        .endStatus()
        .build();
  }

  private static Optional<Trouble> onNode(String type, String status, String reason, String text) {
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName("gpu-1")
            .endMetadata()
            .withNewStatus()
            .addNewCondition()
            .withType(type)
            .withStatus(status)
            .withReason(reason)
            .withMessage(text)
            .endCondition()
            .endStatus()
            .build();
    return Diagnosis.of(List.of(running(true)), List.of(node), List.of());
  }

  @Test
  void aNodeThatDoesNotAnswerOrHasAPressureOrAFaultIsNamedInItsOwnWords() {
    assertThat(onNode("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting."))
        .hasValue(
            new Trouble(
                Reason.NODE_LOST,
                "Node/gpu-1",
                "NotReady",
                "node gpu-1 is not Ready: Kubelet stopped posting. (NodeStatusUnknown); kubectl drain it if that lasts",
                null));
    for (var type : List.of("MemoryPressure", "DiskPressure", "GpuXidError")) {
      var trouble = onNode(type, "True", "Why", "the text").orElseThrow();
      assertThat(trouble.reason()).isEqualTo(Reason.NODE_UNHEALTHY);
      assertThat(trouble.detail()).isEqualTo(type);
      assertThat(trouble.message()).startsWith("node gpu-1 has " + type + ": the text (Why)");
    }
    assertThat(onNode("DiskPressure", "False", "Fine", "")).isEmpty();
    assertThat(onNode("Ready", "True", "KubeletReady", "")).isEmpty();
    assertThat(onNode("ImagesPrefetched", "True", "Done", "")).isEmpty();
  }

  private static Event event(String kind, String name, String uid, String reason, String text) {
    return new EventBuilder()
        .withNewMetadata()
        .withName(name + reason)
        .endMetadata()
        .withNewInvolvedObject()
        .withKind(kind)
        .withName(name)
        .withUid(uid)
        .endInvolvedObject()
        .withReason(reason)
        .withMessage(text)
        .withLastTimestamp("2026-01-01T00:00:00Z")
        .build();
  }

  @Test
  void aProbeThatFailsIsToldWithTheFaultOfTheGpuUnderIt() {
    var events =
        List.of(
            event("Pod", "p", "u", "Unhealthy", "Readiness probe failed: HTTP probe failed: 503"),
            event("Pod", "q", "v", "Unhealthy", "of another pod"),
            event("Node", "gpu-1", "n", "GpuFault", "NVRM: Xid 79: GPU has fallen off the bus"),
            event("Node", "gpu-2", "m", "GpuFault", "Xid of another node"));
    var trouble = Diagnosis.of(List.of(running(false)), List.of(), events).orElseThrow();
    assertThat(trouble.reason()).isEqualTo(Reason.PROBE_FAILS);
    assertThat(trouble.message())
        .isEqualTo(
            "container engine runs and does not answer: Readiness probe failed: HTTP probe failed: 503"
                + " (node gpu-1: NVRM: Xid 79: GPU has fallen off the bus)");
    assertThat(Diagnosis.of(List.of(running(true)), List.of(), events)).isEmpty();
    assertThat(Diagnosis.of(List.of(running(false)), List.of(), List.of()))
        .as("it starts")
        .isEmpty();
  }

  @Test
  void aCrashIsToldWithTheProbesAndFaultsThatEventsKnow() {
    var pod = crashed(1, "Error", "CUDA error: unspecified launch failure");
    pod.getMetadata().setUid("u");
    pod.setSpec(running(true).getSpec());
    var events =
        List.of(
            event("Pod", "p", "u", "Unhealthy", "Liveness probe failed: timeout"),
            event("Node", "gpu-1", "n", "Xid", "Xid 94: contained ECC error"));
    assertThat(Diagnosis.of(List.of(pod), List.of(), events).orElseThrow().message())
        .endsWith(
            "unspecified launch failure (Liveness probe failed: timeout; node gpu-1: Xid 94: contained ECC error)");
  }
}
