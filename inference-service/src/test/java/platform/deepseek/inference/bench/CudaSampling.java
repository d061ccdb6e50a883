package platform.deepseek.inference.bench;

import static platform.deepseek.inference.bench.CudaCheck.require;
import static platform.deepseek.inference.bench.CudaCheck.say;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import platform.deepseek.inference.cuda.Device;
import platform.deepseek.inference.runner.Accelerator;
import platform.deepseek.inference.runner.SamplerTiming;
import platform.deepseek.inference.sampling.SamplingParams;

/** The device's sampler by itself: what it chooses, and how fast. */
final class CudaSampling {

  private final Supplier<Accelerator> accelerators;
  private final boolean tiny;

  CudaSampling(Supplier<Accelerator> accelerators, boolean tiny) {
    this.accelerators = accelerators;
    this.tiny = tiny;
  }

  /** Random logits of a whole batch; a greedy choice must be the host's. */
  void check() {
    int rows = tiny ? 4 : 256;
    int vocabulary = tiny ? 1000 : 151_936;
    Map<String, SamplingParams> kinds = new LinkedHashMap<>();
    kinds.put("greedy", SamplingParams.GREEDY);
    kinds.put("t1", Load.sampling(1, 1, 1));
    kinds.put("t0.7 p0.95", Load.sampling(0.7f, 0.95f, 1));
    kinds.put("t1 k50", new SamplingParams(1, 50, 1, 0, 0, 0, 1, Map.of(), 1, -1));
    kinds.put("t1 minp0.05", new SamplingParams(1, 0, 1, 0.05f, 0, 0, 1, Map.of(), 1, -1));
    kinds.put(
        "everything", new SamplingParams(1, 50, 0.9f, 0.05f, 0.1f, 0.1f, 1.1f, Map.of(), 1, 5));
    try (Device device = accelerators.get().device()) {
      for (double deviation : new double[] {4, 1}) {
        try (var timing = new SamplerTiming(device, rows, vocabulary, deviation)) {
          kinds.forEach((name, params) -> measure(timing, name, params, deviation, rows));
        }
      }
    }
  }

  private void measure(
      SamplerTiming timing, String name, SamplingParams params, double deviation, int rows) {
    SamplerTiming.Result result = timing.measure(params, tiny ? 3 : 200);
    say(
        "sampling %d rows of deviation %.0f, %-11s %,8.1f us a step (%,.1f us alone); %d of the"
            + " rows differ from the host's choice",
        rows, deviation, name, result.queuedMicros(), result.aloneMicros(), result.different());
    require(
        result.different() == 0 || params.temperature() != 0,
        "a greedy choice differs from the host's");
    require(result.different() * 50 <= rows, "the device samples otherwise than the host");
  }
}
