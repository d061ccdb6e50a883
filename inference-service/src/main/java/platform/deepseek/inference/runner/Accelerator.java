package platform.deepseek.inference.runner;

import java.util.Map;
import java.util.function.Function;
import platform.deepseek.inference.cuda.CudaDevice;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.ort.CudaProvider;
import platform.deepseek.inference.ort.OrtMemory;
import platform.deepseek.inference.ort.OrtSession;

/**
 * A device as a runner needs it: memory and copies, the same memory as ONNX Runtime names it, and
 * sessions whose work goes to the device's stream.
 *
 * @param sessions a session from the bytes of a ModelProto
 */
public record Accelerator(Device device, OrtMemory memory, Function<byte[], OrtSession> sessions) {

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
        model ->
            OrtSession.loadOnCuda(
                model,
                provider,
                // A node on the processor would be slow without a word.
                Map.of("session.disable_cpu_ep_fallback", "1")));
  }
}
