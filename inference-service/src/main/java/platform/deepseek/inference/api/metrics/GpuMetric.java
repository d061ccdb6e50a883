package platform.deepseek.inference.api.metrics;

import io.micrometer.core.instrument.Tags;

/** What is told of a GPU, in the units that Prometheus asks for. */
public enum GpuMetric {
  BUSY("deepseek.gpu.utilization.ratio", "Share of time in which a kernel ran"),
  MEMORY_BUSY(
      "deepseek.gpu.memory.utilization.ratio",
      "Share of time in which device memory was read or written"),
  MEMORY_USED("deepseek.gpu.memory.used.bytes", "Device memory in use, by all processes"),
  MEMORY_TOTAL("deepseek.gpu.memory.total.bytes", "Device memory"),
  POWER("deepseek.gpu.power.watts", "Power drawn"),
  ENERGY(Kind.COUNTER, "deepseek.gpu.energy.joules", "Energy drawn since the driver was loaded"),
  TEMPERATURE("deepseek.gpu.temperature.celsius", "Temperature of the chip"),
  CLOCK("deepseek.gpu.clock.hertz", "domain", "multiprocessors", "Clock of the multiprocessors"),
  MEMORY_CLOCK("deepseek.gpu.clock.hertz", "domain", "memory", "Clock of the memory"),
  CORRECTED_ERRORS(
      Kind.COUNTER,
      "deepseek.gpu.ecc.errors",
      Tags.of("kind", "corrected"),
      "Memory errors that ECC put right since the driver was loaded"),
  UNCORRECTED_ERRORS(
      Kind.COUNTER,
      "deepseek.gpu.ecc.errors",
      Tags.of("kind", "uncorrected"),
      "Memory errors that it could not put right"),
  SLOWED_BY_POWER_LIMIT(
      "deepseek.gpu.slowed", "reason", "power_limit", "1 while the limit of power lowers clocks"),
  SLOWED_BY_HARDWARE(
      "deepseek.gpu.slowed", "reason", "hardware", "1 while the hardware does, for heat or power"),
  SLOWED_BY_HEAT(
      "deepseek.gpu.slowed", "reason", "heat", "1 while the driver does, because it is too warm"),
  SLOWED_BY_HARDWARE_HEAT(
      "deepseek.gpu.slowed", "reason", "hardware_heat", "1 while the hardware does, for heat"),
  SLOWED_BY_POWER_BRAKE(
      "deepseek.gpu.slowed", "reason", "power_brake", "1 while the power supply asks for less");

  /** How a value behaves. */
  enum Kind {
    GAUGE,
    /** Only grows; Prometheus appends _total to its name. */
    COUNTER
  }

  final Kind kind;
  final String meter;
  final String description;
  final Tags tags;

  GpuMetric(Kind kind, String meter, Tags tags, String description) {
    this.kind = kind;
    this.meter = meter;
    this.tags = tags;
    this.description = description;
  }

  GpuMetric(String meter, String description) {
    this(Kind.GAUGE, meter, Tags.empty(), description);
  }

  GpuMetric(Kind kind, String meter, String description) {
    this(kind, meter, Tags.empty(), description);
  }

  GpuMetric(String meter, String label, String value, String description) {
    this(Kind.GAUGE, meter, Tags.of(label, value), description);
  }

  /** The name that Prometheus sees, with its labels beside {@code gpu}. */
  public String series() {
    StringBuilder series = new StringBuilder(meter.replace('.', '_'));
    if (kind == Kind.COUNTER) {
      series.append("_total");
    }
    tags.forEach(tag -> series.append("{%s=\"%s\"}".formatted(tag.getKey(), tag.getValue())));
    return series.toString();
  }

  public String description() {
    return description;
  }
}
