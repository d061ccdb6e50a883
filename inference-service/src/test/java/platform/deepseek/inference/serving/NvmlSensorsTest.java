package platform.deepseek.inference.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.metrics.GpuMetric;
import platform.deepseek.inference.cuda.GpuMonitor;
import platform.deepseek.inference.cuda.GpuReading;
import platform.deepseek.inference.cuda.GpuReading.Slowdown;
import platform.deepseek.inference.cuda.Nvml;

class NvmlSensorsTest {

  private static final OptionalDouble NONE = OptionalDouble.empty();
  private static final OptionalLong NO_COUNT = OptionalLong.empty();

  private record Fixed(GpuReading read) implements GpuMonitor {
    @Override
    public String name() {
      return "a GPU";
    }
  }

  private static Map<GpuMetric, Double> read(GpuReading reading) {
    return new NvmlSensors(List.of(3), gpu -> new Fixed(reading)).read(3);
  }

  @Test
  void everyValueGoesToItsMetric() {
    GpuReading reading =
        new GpuReading(
            OptionalDouble.of(0.9),
            OptionalDouble.of(0.4),
            OptionalLong.of(7L << 30),
            OptionalLong.of(80L << 30),
            OptionalDouble.of(612.5),
            OptionalDouble.of(1e9),
            OptionalDouble.of(55),
            OptionalLong.of(2),
            OptionalLong.of(0),
            OptionalDouble.of(1.98e9),
            OptionalDouble.of(3.2e9),
            Optional.of(Set.of(Slowdown.POWER_LIMIT)));
    assertThat(read(reading))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry(GpuMetric.BUSY, 0.9),
                Map.entry(GpuMetric.MEMORY_BUSY, 0.4),
                Map.entry(GpuMetric.MEMORY_USED, 7.0 * (1L << 30)),
                Map.entry(GpuMetric.MEMORY_TOTAL, 80.0 * (1L << 30)),
                Map.entry(GpuMetric.POWER, 612.5),
                Map.entry(GpuMetric.ENERGY, 1e9),
                Map.entry(GpuMetric.TEMPERATURE, 55.0),
                Map.entry(GpuMetric.CORRECTED_ERRORS, 2.0),
                Map.entry(GpuMetric.UNCORRECTED_ERRORS, 0.0),
                Map.entry(GpuMetric.CLOCK, 1.98e9),
                Map.entry(GpuMetric.MEMORY_CLOCK, 3.2e9),
                Map.entry(GpuMetric.SLOWED_BY_POWER_LIMIT, 1.0),
                Map.entry(GpuMetric.SLOWED_BY_HARDWARE, 0.0),
                Map.entry(GpuMetric.SLOWED_BY_HEAT, 0.0),
                Map.entry(GpuMetric.SLOWED_BY_HARDWARE_HEAT, 0.0),
                Map.entry(GpuMetric.SLOWED_BY_POWER_BRAKE, 0.0)));
  }

  @Test
  void aGpuThatCannotBeWatchedHasNoMetrics() {
    assertThat(new NvmlSensors(List.of(999), Nvml::open).gpus()).isEmpty();
  }

  @Test
  void whatIsNotReadIsNoMetric() {
    GpuReading reading =
        new GpuReading(
            NONE,
            NONE,
            NO_COUNT,
            NO_COUNT,
            OptionalDouble.of(70),
            NONE,
            NONE,
            NO_COUNT,
            NO_COUNT,
            NONE,
            NONE,
            Optional.empty());
    assertThat(read(reading)).containsOnlyKeys(GpuMetric.POWER);
  }
}
