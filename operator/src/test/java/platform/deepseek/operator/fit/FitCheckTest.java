package platform.deepseek.operator.fit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.Stored;
import platform.deepseek.operator.TestSettings;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.Reason;

class FitCheckTest {

  private final FitCheck check =
      new FitCheck(ModelShapes.known(), TestSettings.settings().gpuClasses());

  private static DeepSeekDeploymentSpec spec(String model, String gpu, String topology) {
    return Stored.resource(
            """
            metadata: {name: a}
            spec:
              model: {%s, source: {uri: "hf://a/b"}}
              gpu: {%s}
              topology: {%s}
            """
                .formatted(model, gpu, topology))
        .getSpec();
  }

  private static GpuNode node(String product, int gpus, int requested) {
    return new GpuNode("n-" + product, product, 143771, gpus, requested, true);
  }

  @Test
  void weightsCacheAndReserveAddUp() {
    // 7.616e9 parameters x 2 bytes; 8 requests x 8192 tokens x 57,344 bytes; a tenth of both.
    var need =
        check
            .need(spec("name: DeepSeek-R1-Distill-Qwen-7B", "class: H200", "tensor: 1"))
            .orElseThrow();
    assertThat(need).isEqualTo(new MemoryNeed(14_527, 3_584, 1_812));
    assertThat(need.totalMiB()).isEqualTo(19_923);
  }

  @Test
  void latentCacheIsHeldByEveryGpuOfATensorGroup() {
    var one =
        check
            .need(spec("name: DeepSeek-R1, precision: FP8", "class: H200", "tensor: 1"))
            .orElseThrow();
    var eight =
        check
            .need(spec("name: DeepSeek-R1, precision: FP8", "class: H200, count: 8", "tensor: 8"))
            .orElseThrow();
    assertThat(eight.kvCacheMiB()).isEqualTo(8 * one.kvCacheMiB());
    assertThat(eight.weightsMiB()).isEqualTo(one.weightsMiB());
  }

  @Test
  void dataParallelismRepeatsTheWeights() {
    var four =
        check
            .need(spec("name: DeepSeek-R1-Distill-Qwen-7B", "class: H200, count: 4", "data: 4"))
            .orElseThrow();
    assertThat(four.weightsMiB()).isEqualTo(58_106);
  }

  @Test
  void tooLittleMemoryIsRefusedWithWaysOut() {
    var fit =
        check.check(
            spec("name: DeepSeek-R1-Distill-Llama-70B", "class: H200, count: 1", "tensor: 1"),
            List.of(node("NVIDIA-H200", 8, 0)));
    assertThat(fit).isInstanceOf(Fit.Refused.class);
    var refused = (Fit.Refused) fit;
    assertThat(refused.reason()).isEqualTo(Reason.MEMORY_TOO_SMALL);
    assertThat(refused.message())
        .isEqualTo(
            "DeepSeek-R1-Distill-Llama-70B needs 166.6 GiB per replica (weights 131.4 GiB, KV cache"
                + " 20.0 GiB for 8 x 8,192 tokens, reserve 15.1 GiB) and 1 x H200 give 140.4 GiB;"
                + " use 2 x H200 with engine.type VLLM or SGLang, or precision FP8");
  }

  @Test
  void aClusterWithoutSuchNodesIsRefused() {
    var fit =
        check.check(
            spec("name: DeepSeek-R1-Distill-Qwen-7B", "class: H200, count: 8", "tensor: 8"),
            List.of(node("NVIDIA-H200", 4, 0), node("NVIDIA-L4", 8, 0)));
    assertThat(((Fit.Refused) fit).reason()).isEqualTo(Reason.NO_NODE_FITS);
    assertThat(((Fit.Refused) fit).message())
        .contains("1 node(s) of that product, the largest with 4");
  }

  @Test
  void takenGpusMakeItWaitAndNotRefused() {
    var spec = spec("name: DeepSeek-R1-Distill-Qwen-7B", "class: H200, count: 4", "tensor: 4");
    assertThat(check.check(spec, List.of(node("NVIDIA-H200", 8, 6)))).isInstanceOf(Fit.Waits.class);
    assertThat(check.check(spec, List.of(node("NVIDIA-H200", 8, 4)))).isInstanceOf(Fit.Fits.class);
  }

  @Test
  void aSliceHasTheMemoryOfItsProfile() {
    var fit =
        check.check(
            spec(
                "name: DeepSeek-R1-Distill-Qwen-1.5B, maxConcurrency: 2",
                "class: H200, mig: {profile: 1g.18gb}",
                "tensor: 1"),
            List.of(node("NVIDIA-H200", 7, 0)));
    assertThat(((Fit.Fits) fit).numbers().resourceName()).isEqualTo("nvidia.com/mig-1g.18gb");
    assertThat(((Fit.Fits) fit).numbers().availableMemoryMiB()).isEqualTo(18 * 1024);
  }

  @Test
  void unknownClassesAndModelsAreNamed() {
    var noClass =
        (Fit.Refused) check.check(spec("name: DeepSeek-R1", "class: H300", "tensor: 1"), List.of());
    assertThat(noClass.message())
        .contains("gpu.class H300 is not configured; known: B200, H200, L4");
    var noModel =
        (Fit.Refused) check.check(spec("name: Mine", "class: H200", "tensor: 1"), List.of());
    assertThat(noModel.reason()).isEqualTo(Reason.UNKNOWN_MODEL);
    var shaped =
        check.check(
            spec(
                "name: Mine, shape: {parametersMillions: 1000, kvBytesPerToken: 1000}",
                "class: H200",
                "tensor: 1"),
            List.of(node("NVIDIA-H200", 8, 0)));
    assertThat(shaped).isInstanceOf(Fit.Fits.class);
  }
}
