package platform.deepseek.inference.api.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.util.function.ToDoubleFunction;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.engine.EngineStats;
import platform.deepseek.inference.engine.GenerationService;

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
        stats -> (double) stats.kvBlocksCached() / stats.kvBlocksTotal());
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
