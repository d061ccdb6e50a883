package platform.deepseek.cache.metrics;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
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
  public record Lookups(long hit, long lease, long follow, long pass) {}

  /**
   * @param state up, read_only, down or off
   */
  public record TierReport(
      String state, long hits, long misses, long writes, long evictions, long errors, long bytes) {}

  /** Blocks. */
  public record Prefixes(long hits, long misses, long writes, long bytesRead, long bytesWritten) {}

  /** One tenant's lookups. */
  public record TenantReport(long hits, long misses, double secondsSaved) {}

  private final AnswerCounts answers;
  private final MemoryTier memory;
  private final Map<String, Tier> tiers;
  private final PrefixCounts prefixes;

  /**
   * @param tiers below memory, by name
   */
  public Statistics(
      AnswerCounts answers, MemoryTier memory, Map<String, Tier> tiers, PrefixCounts prefixes) {
    this.answers = answers;
    this.memory = memory;
    this.tiers = Map.copyOf(tiers);
    this.prefixes = prefixes;
  }

  public Report now() {
    AnswerCounts.Tally all = answers.all();
    Map<String, TierReport> reports = new LinkedHashMap<>();
    reports.put("memory", report("up", memory.counts(), memory.bytes()));
    for (String name : new String[] {REDIS, ROCKSDB, OBJECTS}) {
      reports.put(name, report(Optional.ofNullable(tiers.get(name))));
    }
    Map<String, TenantReport> tenants = new TreeMap<>();
    answers
        .tenants()
        .forEach(
            (name, tally) ->
                tenants.put(
                    name, new TenantReport(tally.hits.sum(), tally.misses(), seconds(tally))));
    return new Report(
        new Lookups(all.hits.sum(), all.leads.sum(), all.follows.sum(), all.passes.sum()),
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

  private static double seconds(AnswerCounts.Tally tally) {
    return tally.savedMillis.sum() / 1_000.0;
  }

  private static TierReport report(Optional<Tier> tier) {
    return tier.map(
            one -> report(one.state().name().toLowerCase(Locale.ROOT), one.counts(), one.bytes()))
        .orElse(new TierReport("off", 0, 0, 0, 0, 0, 0));
  }

  private static TierReport report(String state, TierCounts counts, long bytes) {
    return new TierReport(
        state,
        counts.hits.sum(),
        counts.misses.sum(),
        counts.writes.sum(),
        counts.evictions.sum(),
        counts.errors.sum(),
        bytes);
  }
}
