package platform.deepseek.inference.api.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.Startup;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What the GPUs say of themselves, read when Prometheus asks. A metric that a GPU does not support
 * has no series: a zero would be believed.
 */
@Startup
@Singleton
public final class GpuGauges {

  /** One scrape asks for many metrics of one reading. */
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  /** Counters do not keep what they count. */
  private final List<Recent> recents = new ArrayList<>();

  @Inject
  GpuGauges(GpuSensors sensors, MeterRegistry registry) {
    this(sensors, registry, System::nanoTime);
  }

  GpuGauges(GpuSensors sensors, MeterRegistry registry, LongSupplier nanos) {
    for (int gpu : sensors.gpus()) {
      Recent recent = new Recent(sensors, gpu, nanos);
      recents.add(recent);
      Tags tags = Tags.of("gpu", Integer.toString(gpu));
      recent.values().keySet().forEach(metric -> register(registry, recent, metric, tags));
    }
  }

  private static void register(MeterRegistry registry, Recent recent, GpuMetric metric, Tags gpu) {
    Tags tags = gpu.and(metric.tags);
    switch (metric.kind) {
      case GAUGE ->
          Gauge.builder(metric.meter, recent, r -> r.value(metric))
              .description(metric.description)
              .tags(tags)
              .strongReference(true)
              .register(registry);
      case COUNTER ->
          FunctionCounter.builder(metric.meter, recent, r -> r.value(metric))
              .description(metric.description)
              .tags(tags)
              .register(registry);
    }
  }

  /** A GPU's last reading, taken again when it is old. */
  private static final class Recent {

    private final GpuSensors sensors;
    private final int gpu;
    private final LongSupplier nanos;
    private Map<GpuMetric, Double> values;
    private long read;

    Recent(GpuSensors sensors, int gpu, LongSupplier nanos) {
      this.sensors = sensors;
      this.gpu = gpu;
      this.nanos = nanos;
      read();
    }

    private void read() {
      Map<GpuMetric, Double> found = new EnumMap<>(GpuMetric.class);
      found.putAll(sensors.read(gpu));
      values = found;
      read = nanos.getAsLong();
    }

    synchronized Map<GpuMetric, Double> values() {
      if (nanos.getAsLong() - read >= FRESH_NANOS) {
        read();
      }
      return values;
    }

    /** Not a number while the GPU does not answer. */
    double value(GpuMetric metric) {
      return values().getOrDefault(metric, Double.NaN);
    }
  }
}
