package platform.deepseek.inference.runner;

import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.cuda.CudaDevice;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.ort.CudaProvider;
import platform.deepseek.inference.ort.ExecutionProvider;
import platform.deepseek.inference.ort.OperatorDomain;
import platform.deepseek.inference.ort.OrtException;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtSession;

/**
 * A device as a runner needs it: memory, copies and kernels, the same memory as ONNX Runtime names
 * it, and sessions whose work goes to the device's stream.
 */
public record Accelerator(
    Device device, OrtMemory memory, ExecutionProvider provider, Sessions sessions) {

  /** Makes sessions. */
  @FunctionalInterface
  public interface Sessions {

    /** A session from the bytes of a ModelProto, with operators of our own. */
    OrtSession load(byte[] model, OperatorDomain domain);
  }

  /**
   * Why no NVIDIA GPU can compute here, in one sentence; empty where one can. Fast where there is
   * no driver.
   */
  public static Optional<String> cudaObjection() {
    try {
      if (CudaDevice.count() == 0) {
        return Optional.of("no GPU is visible; check CUDA_VISIBLE_DEVICES");
      }
      CudaProvider.requireInstalled();
      return Optional.empty();
    } catch (CudaException | OrtException e) {
      return Optional.of(e.getMessage());
    }
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
            number,
            device.stream(),
            // Products in float32 are the routers': tf32 would round what decides between experts.
            Map.of("arena_extend_strategy", "kSameAsRequested", "use_tf32", "0"));
    // A node on the processor would be slow without a word.
    Map<String, String> configuration = Map.of("session.disable_cpu_ep_fallback", "1");
    return new Accelerator(
        device,
        OrtMemory.cuda(number),
        ExecutionProvider.CUDA,
        (model, domain) -> OrtSession.loadOnCuda(model, domain, provider, configuration));
  }
}
