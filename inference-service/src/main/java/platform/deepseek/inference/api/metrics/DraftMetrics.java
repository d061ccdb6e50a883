package platform.deepseek.inference.api.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import platform.deepseek.inference.engine.draft.DraftSource;

/** Draft tokens that were computed, and those of them that were right. */
final class DraftMetrics {

  private final Map<DraftSource, Counter> tokens = new EnumMap<>(DraftSource.class);
  private final Map<DraftSource, Counter> accepted = new EnumMap<>(DraftSource.class);

  DraftMetrics(MeterRegistry registry) {
    for (DraftSource source : DraftSource.values()) {
      tokens.put(
          source, counter(registry, "deepseek.draft.tokens", "Draft tokens computed", source));
      accepted.put(
          source,
          counter(
              registry,
              "deepseek.draft.accepted.tokens",
              "Draft tokens that were what was said",
              source));
    }
  }

  private static Counter counter(
      MeterRegistry registry, String name, String description, DraftSource source) {
    return Counter.builder(name)
        .description(description)
        .tag("source", source.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  void drafted(DraftSource source, int computed, int right) {
    tokens.get(source).increment(computed);
    accepted.get(source).increment(right);
  }
}
