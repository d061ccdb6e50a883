package platform.deepseek.inference.api.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.util.function.ToDoubleFunction;
import platform.deepseek.inference.api.ServedGpu;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.engine.EngineStats;
import platform.deepseek.inference.engine.GenerationService;
import platform.deepseek.inference.engine.KvMemory;

/** What the engine holds, read when Prometheus asks. */
@Startup
@Singleton
public final class EngineGauges {

  EngineGauges(ServedModel model, MeterRegistry registry) {
    GenerationService engine = model.engine();
    gauge(registry, engine, "deepseek.requests.running", "Sequences running", EngineStats::running);
    gauge(registry, engine, "deepseek.requests.waiting", "Sequences waiting", EngineStats::waiting);
    gauge(
        registry,
        engine,
        "deepseek.kv.cache.usage.ratio",
        "Share of the KV memory that running sequences hold",
        EngineStats::kvUsage);
    gauge(
        registry,
        engine,
        "deepseek.kv.cache.prefix.ratio",
        "Share of the KV memory that holds prefixes for reuse",
        EngineStats::kvPrefixes);
    gauge(
        registry,
        engine,
        "deepseek.engine.batch.limit",
        "Sequences that may run: fewer than configured after device memory ran out",
        EngineStats::batchLimit);
    engines(registry, engine, "serving", EngineStats::serving);
    engines(registry, engine, "lost", EngineStats::lost);
    if (engine.stats().kvMemory().isPresent()) {
      kvMemory(registry, engine);
    }
    model.gpus().forEach(gpu -> load(registry, gpu));
  }

  private static void kvMemory(MeterRegistry registry, GenerationService engine) {
    gauge(
        registry,
        engine,
        "deepseek.kv.mapped.bytes",
        "Device memory behind keys and values",
        stats -> stats.kvMemory().map(KvMemory::mappedBytes).orElse(0L));
    gauge(
        registry,
        engine,
        "deepseek.kv.used.bytes",
        "Keys and values of the tokens that are held",
        stats -> stats.kvMemory().map(KvMemory::usedBytes).orElse(0L));
  }

  private static void load(MeterRegistry registry, ServedGpu gpu) {
    Tags tags = Tags.of("gpu", Integer.toString(gpu.number()));
    Gauge.builder("deepseek.weights.load.seconds", gpu, ServedGpu::loadSeconds)
        .description("From the first read of the weights to the end of the last copy")
        .tags(tags)
        .strongReference(true)
        .register(registry);
    Gauge.builder("deepseek.weights.load.bytes.per.second", gpu, ServedGpu::loadBytesPerSecond)
        .description("Weights in their files, or on the GPU if more, in that time")
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  private static void engines(
      MeterRegistry registry,
      GenerationService engine,
      String state,
      ToDoubleFunction<EngineStats> count) {
    Gauge.builder("deepseek.engines", engine, e -> count.applyAsDouble(e.stats()))
        .description("Engines, one for each device, that take requests or have lost their device")
        .tag("state", state)
        .strongReference(true)
        .register(registry);
  }

  private static void gauge(
      MeterRegistry registry,
      GenerationService engine,
      String name,
      String description,
      ToDoubleFunction<EngineStats> value) {
    Gauge.builder(name, engine, e -> value.applyAsDouble(e.stats()))
        .description(description)
        .strongReference(true)
        .register(registry);
  }
}
