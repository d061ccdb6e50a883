package platform.deepseek.inference.runner;

import java.util.HashMap;
import java.util.Map;
import platform.deepseek.inference.cuda.CudaDevice;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.ort.CudaProvider;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtSession;

/**
 * A device as a runner needs it: memory and copies, the same memory as ONNX Runtime names it, and
 * sessions whose work goes to the device's stream.
 */
public record Accelerator(Device device, OrtMemory memory, Sessions sessions) {

  /** ONNX Runtime's optimizer that makes one operator of SiLU; known to have float16 kernels. */
  private static final String SILU_FUSION = "QuickGeluFusion";

  /** Makes sessions. */
  @FunctionalInterface
  public interface Sessions {

    /** A session from the bytes of a ModelProto whose numbers are of this precision. */
    OrtSession load(byte[] model, CudaPrecision precision);
  }

  /**
   * An NVIDIA GPU.
   *
   * @param number CUDA's, from 0
   */
  public static Accelerator cuda(int number) {
    CudaProvider.requireInstalled();
    CudaDevice device = CudaDevice.open(number);
    CudaProvider provider =
        new CudaProvider(
            number, device.stream(), Map.of("arena_extend_strategy", "kSameAsRequested"));
    return new Accelerator(
        device,
        OrtMemory.cuda(number),
        (model, precision) -> OrtSession.loadOnCuda(model, provider, configuration(precision)));
  }

  private static Map<String, String> configuration(CudaPrecision precision) {
    // A node on the processor would be slow without a word.
    Map<String, String> configuration = new HashMap<>();
    configuration.put("session.disable_cpu_ep_fallback", "1");
    if (precision != CudaPrecision.FP16) {
      configuration.put("optimization.disable_specified_optimizers", SILU_FUSION);
    }
    return configuration;
  }
}
