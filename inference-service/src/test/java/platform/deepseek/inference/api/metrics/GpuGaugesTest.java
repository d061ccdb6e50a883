package platform.deepseek.inference.api.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GpuGaugesTest {

  private static final long SECOND = 1_000_000_000L;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();
  private final Map<GpuMetric, Double> values = new EnumMap<>(GpuMetric.class);
  private int readings;

  private GpuGauges gauges(Integer... gpus) {
    GpuSensors sensors =
        new GpuSensors() {
          @Override
          public List<Integer> gpus() {
            return List.of(gpus);
          }

          @Override
          public Map<GpuMetric, Double> read(int gpu) {
            readings++;
            return Map.copyOf(values);
          }
        };
    return new GpuGauges(sensors, registry, nanos::get);
  }

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  @Test
  void aMachineWithoutGpusHasNoGpuMetrics() {
    gauges();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void everySupportedMetricHasOneSeriesPerGpu() {
    for (GpuMetric metric : GpuMetric.values()) {
      values.put(metric, metric.ordinal() + 0.5);
    }
    gauges(0, 1);

    assertThat(registry.getMeters()).hasSize(2 * GpuMetric.values().length);
    assertThat(gauge("deepseek.gpu.utilization.ratio", "gpu", "1")).isEqualTo(0.5);
    assertThat(gauge("deepseek.gpu.slowed", "gpu", "0", "reason", "heat"))
        .isEqualTo(GpuMetric.SLOWED_BY_HEAT.ordinal() + 0.5);
    assertThat(
            registry
                .get("deepseek.gpu.ecc.errors")
                .tags("gpu", "0", "kind", "uncorrected")
                .functionCounter()
                .count())
        .isEqualTo(GpuMetric.UNCORRECTED_ERRORS.ordinal() + 0.5);
  }

  @Test
  void whatADeviceDoesNotSupportIsAbsentAndNotZero() {
    values.put(GpuMetric.POWER, 300.0);
    gauges(0);
    assertThat(registry.getMeters())
        .extracting(meter -> meter.getId().getName())
        .containsExactly("deepseek.gpu.power.watts");
  }

  @Test
  void oneScrapeIsOneReadingAndTheNextSecondIsAnother() {
    values.put(GpuMetric.POWER, 300.0);
    values.put(GpuMetric.TEMPERATURE, 40.0);
    gauges(0);
    int before = readings;

    values.put(GpuMetric.POWER, 350.0);
    nanos.set(SECOND - 1);
    assertThat(gauge("deepseek.gpu.power.watts")).isEqualTo(300);
    assertThat(readings).isEqualTo(before);

    nanos.set(SECOND);
    assertThat(gauge("deepseek.gpu.power.watts")).isEqualTo(350);
    assertThat(gauge("deepseek.gpu.temperature.celsius")).isEqualTo(40);
    assertThat(readings).isEqualTo(before + 1);
  }

  @Test
  void aSensorThatFailsLaterIsNotANumber() {
    values.put(GpuMetric.POWER, 300.0);
    gauges(0);
    values.clear();
    nanos.set(SECOND);
    assertThat(gauge("deepseek.gpu.power.watts")).isNaN();
  }

  @Test
  void seriesAreNamedAsPrometheusShowsThem() {
    assertThat(GpuMetric.ENERGY.series()).isEqualTo("deepseek_gpu_energy_joules_total");
    assertThat(GpuMetric.CORRECTED_ERRORS.series())
        .isEqualTo("deepseek_gpu_ecc_errors_total{kind=\"corrected\"}");
  }
}
