package platform.deepseek.operator;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.desired.LogFormat;
import platform.deepseek.operator.desired.PlatformServices;
import platform.deepseek.operator.desired.Settings;
import platform.deepseek.operator.fit.GpuClass;
import platform.deepseek.operator.resource.EngineType;

/** Settings of the tests: the GPUs of the test cluster's nodes, and two they do not have. */
public final class TestSettings {

  private TestSettings() {}

  public static Settings settings() {
    return ofRelease("1");
  }

  /** With the images of a release. */
  public static Settings ofRelease(String tag) {
    return new Settings(
        Map.of(
            EngineType.NATIVE, "registry.test/inference-service:" + tag,
            EngineType.VLLM, "registry.test/vllm:" + tag,
            EngineType.SGLANG, "registry.test/sglang:" + tag),
        "registry.test/inference-service:" + tag,
        Optional.of("http://mirror.test:8080"),
        Map.of(
            "H200", gpuClass("H200", "NVIDIA-H200", 143771),
            "L4", gpuClass("L4", "NVIDIA-L4", 23034),
            "B200", gpuClass("B200", "NVIDIA-B200", 183359)),
        "deepseek-platform",
        Optional.of("monitoring"),
        new PlatformServices(
            Optional.of("http://auth-service.deepseek-platform.svc:8082"),
            Optional.of("http://cache-service.deepseek-platform.svc:8081"),
            "deepseek-services"),
        Optional.of("http://prometheus.monitoring.svc:9090"),
        List.of("127.0.0.1"),
        LogFormat.JSON);
  }

  private static GpuClass gpuClass(String name, String product, long memoryMiB) {
    return new GpuClass(name, product, memoryMiB, "nvidia.com/gpu", "gpu.nvidia.com");
  }
}
