package platform.deepseek.cache.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.tier.MemoryTier;
import platform.deepseek.cache.tier.Tier;
import platform.deepseek.cache.tier.TierCounts;

/**
 * The counts as metrics. Series of outcomes and tiers exist from the start; tenants get theirs when
 * they are seen, the first two hundred, and the rest share one.
 */
public final class CacheMetrics {

  private static final double MILLIS = 1_000;

  private final MeterRegistry registry;
  private final AnswerCounts answers;
  private final Map<String, TenantSeries> tenants = new ConcurrentHashMap<>();

  /**
   * @param tally that the series show: a tenant that was purged and came back has another one
   */
  private record TenantSeries(AnswerCounts.Tally tally, List<FunctionCounter> series) {}

  /**
   * @param tiers below memory, by name
   */
  public CacheMetrics(
      MeterRegistry registry,
      AnswerCounts answers,
      MemoryTier memory,
      Map<String, Tier> tiers,
      PrefixCounts prefixes) {
    this.registry = registry;
    this.answers = answers;
    AnswerCounts.Tally all = answers.all();
    outcome("hit", all, tally -> tally.hits.sum());
    outcome("similar", all, tally -> tally.similarHits.sum());
    outcome("lease", all, tally -> tally.leads.sum());
    outcome("follow", all, tally -> tally.follows.sum());
    outcome("pass", all, tally -> tally.passes.sum());
    FunctionCounter.builder("deepseek.cache.saved", all, tally -> tally.savedMillis.sum() / MILLIS)
        .description("Seconds that computing the answers of hits had taken")
        .baseUnit("seconds")
        .register(registry);
    tier("memory", memory.counts());
    Gauge.builder("deepseek.cache.tier.bytes", memory, MemoryTier::bytes)
        .description("Bytes that a tier keeps, where it can tell")
        .tag("tier", "memory")
        .register(registry);
    tiers.forEach(this::tier);
    prefix("hit", prefixes, counts -> counts.hits.sum());
    prefix("miss", prefixes, counts -> counts.misses.sum());
    prefix("write", prefixes, counts -> counts.writes.sum());
  }

  /** Gives tenants that are new their series, and takes them from those that are gone. */
  public void tick() {
    Map<String, AnswerCounts.Tally> now = answers.tenants();
    tenants
        .entrySet()
        .removeIf(
            known -> {
              boolean gone = now.get(known.getKey()) != known.getValue().tally();
              if (gone) {
                known.getValue().series().forEach(registry::remove);
              }
              return gone;
            });
    now.forEach((name, tally) -> tenants.computeIfAbsent(name, fresh -> tenant(name, tally)));
  }

  private TenantSeries tenant(String name, AnswerCounts.Tally tally) {
    return new TenantSeries(
        tally,
        List.of(
            tenant("hit", name, tally, one -> one.hits.sum()),
            tenant("similar", name, tally, one -> one.similarHits.sum()),
            tenant("miss", name, tally, AnswerCounts.Tally::misses)));
  }

  private void outcome(
      String outcome, AnswerCounts.Tally tally, ToDoubleFunction<AnswerCounts.Tally> count) {
    FunctionCounter.builder("deepseek.cache.lookups", tally, count)
        .description("Lookups by what they came to")
        .tag("outcome", outcome)
        .register(registry);
  }

  private FunctionCounter tenant(
      String result,
      String tenant,
      AnswerCounts.Tally tally,
      ToDoubleFunction<AnswerCounts.Tally> count) {
    return FunctionCounter.builder("deepseek.cache.tenant.lookups", tally, count)
        .description("Lookups by tenant")
        .tag("tenant", tenant)
        .tag("result", result)
        .register(registry);
  }

  private void prefix(String event, PrefixCounts counts, ToDoubleFunction<PrefixCounts> count) {
    FunctionCounter.builder("deepseek.cache.prefix.blocks", counts, count)
        .description("Blocks of computed prefixes")
        .tag("event", event)
        .register(registry);
  }

  private void tier(String name, Tier tier) {
    tier(name, tier.counts());
    Gauge.builder("deepseek.cache.tier.bytes", tier, Tier::bytes)
        .description("Bytes that a tier keeps, where it can tell")
        .tag("tier", name)
        .register(registry);
    Gauge.builder("deepseek.cache.tier.down", tier, one -> one.state() == Tier.State.UP ? 0 : 1)
        .description("1 while a tier is left alone, for reading or for writing")
        .tag("tier", name)
        .register(registry);
  }

  private void tier(String name, TierCounts counts) {
    event(name, "hit", counts, one -> one.hits.sum());
    event(name, "miss", counts, one -> one.misses.sum());
    event(name, "write", counts, one -> one.writes.sum());
    event(name, "eviction", counts, one -> one.evictions.sum());
    event(name, "error", counts, one -> one.errors.sum());
    FunctionCounter.builder(
            "deepseek.cache.tier.found.age", counts, one -> one.foundAgeMillis.sum() / MILLIS)
        .description("Seconds since answers that were found in a tier had been computed, summed up")
        .baseUnit("seconds")
        .tag("tier", name)
        .register(registry);
    FunctionCounter.builder(
            "deepseek.cache.tier.saved", counts, one -> one.savedMillis.sum() / MILLIS)
        .description("Seconds that computing the answers found in a tier had taken")
        .baseUnit("seconds")
        .tag("tier", name)
        .register(registry);
  }

  private void event(
      String tier, String event, TierCounts counts, ToDoubleFunction<TierCounts> count) {
    FunctionCounter.builder("deepseek.cache.tier", counts, count)
        .description("What happened in a tier")
        .tag("tier", tier)
        .tag("event", event)
        .register(registry);
  }
}
