package platform.deepseek.inference.serving;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.ServedGpu;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.metrics.GpuMetric;
import platform.deepseek.inference.api.metrics.GpuSensors;
import platform.deepseek.inference.cuda.CudaException;
import platform.deepseek.inference.cuda.GpuMonitor;
import platform.deepseek.inference.cuda.GpuReading;
import platform.deepseek.inference.cuda.GpuReading.Slowdown;
import platform.deepseek.inference.cuda.Nvml;

/** The sensors of the GPUs that compute here; a GPU that cannot be watched still computes. */
@Singleton
public final class NvmlSensors implements GpuSensors {

  private static final Logger LOG = Logger.getLogger(NvmlSensors.class);

  private final Map<Integer, GpuMonitor> monitors = new TreeMap<>();

  @Inject
  NvmlSensors(ServedModel model) {
    this(model.gpus().stream().map(ServedGpu::number).toList(), Nvml::open);
  }

  NvmlSensors(List<Integer> gpus, IntFunction<? extends GpuMonitor> open) {
    for (int gpu : gpus) {
      try {
        monitors.put(gpu, open.apply(gpu));
      } catch (CudaException e) {
        LOG.warnf("GPU %d has no metrics: %s", gpu, e.getMessage());
      }
    }
  }

  @Override
  public List<Integer> gpus() {
    return List.copyOf(monitors.keySet());
  }

  @Override
  public Map<GpuMetric, Double> read(int gpu) {
    GpuReading reading = monitors.get(gpu).read();
    Map<GpuMetric, Double> values = new EnumMap<>(GpuMetric.class);
    for (GpuMetric metric : GpuMetric.values()) {
      value(metric, reading).ifPresent(value -> values.put(metric, value));
    }
    return values;
  }

  private static OptionalDouble value(GpuMetric metric, GpuReading reading) {
    return switch (metric) {
      case BUSY -> reading.busy();
      case MEMORY_BUSY -> reading.memoryBusy();
      case MEMORY_USED -> whole(reading.memoryUsed());
      case MEMORY_TOTAL -> whole(reading.memoryTotal());
      case POWER -> reading.power();
      case ENERGY -> reading.energy();
      case TEMPERATURE -> reading.temperature();
      case CLOCK -> reading.clock();
      case MEMORY_CLOCK -> reading.memoryClock();
      case CORRECTED_ERRORS -> whole(reading.correctedErrors());
      case UNCORRECTED_ERRORS -> whole(reading.uncorrectedErrors());
      case SLOWED_BY_POWER_LIMIT -> among(reading.slowdowns(), Slowdown.POWER_LIMIT);
      case SLOWED_BY_HARDWARE -> among(reading.slowdowns(), Slowdown.HARDWARE);
      case SLOWED_BY_HEAT -> among(reading.slowdowns(), Slowdown.HEAT);
      case SLOWED_BY_HARDWARE_HEAT -> among(reading.slowdowns(), Slowdown.HARDWARE_HEAT);
      case SLOWED_BY_POWER_BRAKE -> among(reading.slowdowns(), Slowdown.POWER_BRAKE);
    };
  }

  private static OptionalDouble whole(OptionalLong value) {
    return value.stream().mapToDouble(v -> (double) v).findFirst();
  }

  private static OptionalDouble among(Optional<Set<Slowdown>> all, Slowdown one) {
    return all.stream().mapToDouble(reasons -> reasons.contains(one) ? 1 : 0).findFirst();
  }
}
