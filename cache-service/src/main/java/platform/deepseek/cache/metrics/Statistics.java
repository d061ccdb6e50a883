package platform.deepseek.cache.metrics;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.tier.MemoryTier;
import platform.deepseek.cache.tier.Tier;
import platform.deepseek.cache.tier.TierCounts;

/** What happened since the start of this replica. */
public final class Statistics {

  /** The names of the tiers below memory, each shown whether it is set up or not. */
  public static final String REDIS = "redis";

  public static final String ROCKSDB = "rocksdb";
  public static final String OBJECTS = "objects";

  /** All of it. */
  @JsonPropertyOrder({"lookups", "secondsSaved", "tiers", "prefixes", "tenants"})
  public record Report(
      Lookups lookups,
      double secondsSaved,
      Map<String, TierReport> tiers,
      Prefixes prefixes,
      Map<String, TenantReport> tenants) {}

  /** Lookups by what they came to. */
  public record Lookups(long hit, long similar, long lease, long follow, long pass) {}

  /**
   * @param state up, read_only, down or off
   * @param bytes kept, where the tier can tell
   * @param meanAgeSeconds of the answers that were found in it
   */
  public record TierReport(
      String state,
      long hits,
      long misses,
      long writes,
      long evictions,
      long errors,
      long bytes,
      double meanAgeSeconds,
      double secondsSaved) {}

  /** Blocks. */
  public record Prefixes(long hits, long misses, long writes, long bytesRead, long bytesWritten) {}

  /**
   * One tenant's lookups, and what of it is in memory.
   *
   * @param bytesServed of hits
   * @param meanAgeSeconds of answers when they were found
   * @param evictions of its entries from memory
   */
  public record TenantReport(
      long hits,
      long similar,
      long misses,
      double secondsSaved,
      long bytesServed,
      double meanAgeSeconds,
      long evictions,
      HoldingReport memory) {}

  /**
   * A tenant's entries in memory.
   *
   * @param oldestSeconds since the oldest was computed
   */
  public record HoldingReport(long entries, long bytes, long oldestSeconds) {}

  private final AnswerCounts answers;
  private final MemoryTier memory;
  private final Map<String, Tier> tiers;
  private final PrefixCounts prefixes;
  private final InstantSource clock;

  /**
   * @param tiers below memory, by name
   */
  public Statistics(
      AnswerCounts answers,
      MemoryTier memory,
      Map<String, Tier> tiers,
      PrefixCounts prefixes,
      InstantSource clock) {
    this.answers = answers;
    this.memory = memory;
    this.tiers = Map.copyOf(tiers);
    this.prefixes = prefixes;
    this.clock = clock;
  }

  public Report now() {
    AnswerCounts.Tally all = answers.all();
    Map<String, TierReport> reports = new LinkedHashMap<>();
    reports.put("memory", report("up", memory.counts(), memory.bytes()));
    for (String name : new String[] {REDIS, ROCKSDB, OBJECTS}) {
      reports.put(name, report(Optional.ofNullable(tiers.get(name))));
    }
    Map<String, TenantReport> tenants = new TreeMap<>();
    Map<String, MemoryTier.Holding> holdings = memory.holdings();
    answers
        .tenants()
        .forEach((name, tally) -> tenants.put(name, report(tally, holdings.get(name))));
    return new Report(
        new Lookups(
            all.hits.sum(),
            all.similarHits.sum(),
            all.leads.sum(),
            all.follows.sum(),
            all.passes.sum()),
        seconds(all),
        reports,
        new Prefixes(
            prefixes.hits.sum(),
            prefixes.misses.sum(),
            prefixes.writes.sum(),
            prefixes.bytesRead.sum(),
            prefixes.bytesWritten.sum()),
        tenants);
  }

  private TenantReport report(AnswerCounts.Tally tally, MemoryTier.Holding holding) {
    return new TenantReport(
        tally.hits.sum(),
        tally.similarHits.sum(),
        tally.misses(),
        seconds(tally),
        tally.bytesServed.sum(),
        tally.meanAgeSeconds(),
        tally.evictions.sum(),
        holding == null
            ? new HoldingReport(0, 0, 0)
            : new HoldingReport(
                holding.entries(),
                holding.bytes(),
                Math.max(0, clock.millis() - holding.oldestMillis()) / 1_000));
  }

  private static double seconds(AnswerCounts.Tally tally) {
    return tally.savedMillis.sum() / 1_000.0;
  }

  private static TierReport report(Optional<Tier> tier) {
    return tier.map(
            one -> report(one.state().name().toLowerCase(Locale.ROOT), one.counts(), one.bytes()))
        .orElse(new TierReport("off", 0, 0, 0, 0, 0, 0, 0, 0));
  }

  private static TierReport report(String state, TierCounts counts, long bytes) {
    long hits = counts.hits.sum();
    return new TierReport(
        state,
        hits,
        counts.misses.sum(),
        counts.writes.sum(),
        counts.evictions.sum(),
        counts.errors.sum(),
        bytes,
        hits == 0 ? 0 : counts.foundAgeMillis.sum() / 1_000.0 / hits,
        counts.savedMillis.sum() / 1_000.0);
  }
}
