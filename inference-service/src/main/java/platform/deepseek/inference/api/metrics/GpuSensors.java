package platform.deepseek.inference.api.metrics;

import java.util.List;
import java.util.Map;

/** The GPUs that compute here, as far as they can be watched. */
public interface GpuSensors {

  /** Their numbers; empty where nothing can be watched. */
  List<Integer> gpus();

  /** What a GPU says of itself now; a metric that it does not support is not in the map. */
  Map<GpuMetric, Double> read(int gpu);
}
