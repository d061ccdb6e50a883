package platform.deepseek.cache.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import platform.deepseek.cache.answer.AnswerCounts;
import platform.deepseek.cache.answer.Replica;
import platform.deepseek.cache.answer.Rung;
import platform.deepseek.cache.prefix.PrefixCounts;
import platform.deepseek.cache.purge.Purge;
import platform.deepseek.cache.tier.Tier;

/** What is told of tenants and tiers. */
class CacheMetricsTest {

  @TempDir Path folder;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Replica replica;
  private CacheMetrics metrics;
  private Statistics statistics;

  @BeforeEach
  void start() {
    replica = Replica.Plan.in(folder).rocks().memory(20_000).start();
    Map<String, Tier> tiers =
        replica.rungs.stream().map(Rung::tier).collect(Collectors.toMap(Tier::name, one -> one));
    metrics = new CacheMetrics(registry, replica.counts, replica.memory, tiers, new PrefixCounts());
    statistics =
        new Statistics(
            replica.counts, replica.memory, tiers, new PrefixCounts(), InstantSource.system());
  }

  @AfterEach
  void close() {
    replica.close();
  }

  @Test
  void aTenantHasItsSeriesUntilItIsPurged() {
    replica.fill("t", "one");
    replica.lookup(Replica.request("t", "one"));
    metrics.tick();
    assertThat(registry.get("deepseek.cache.tenant.lookups").tags("tenant", "t", "result", "hit"))
        .satisfies(found -> assertThat(found.functionCounter().count()).isEqualTo(1));
    replica.administration.purge(new Purge.Tenant("t"));
    metrics.tick();
    assertThat(registry.find("deepseek.cache.tenant.lookups").functionCounters()).isEmpty();
    replica.lookup(Replica.request("t", "one"));
    metrics.tick();
    assertThat(registry.get("deepseek.cache.tenant.lookups").tags("tenant", "t", "result", "hit"))
        .satisfies(found -> assertThat(found.functionCounter().count()).isZero());
  }

  @Test
  void seriesOfTenantsAreBounded() {
    for (int i = 0; i < 1_000; i++) {
      replica.lookup(Replica.request("tenant " + i, "one"));
    }
    metrics.tick();
    assertThat(registry.find("deepseek.cache.tenant.lookups").functionCounters())
        .hasSizeLessThanOrEqualTo(3 * 201);
    assertThat(
            registry
                .get("deepseek.cache.tenant.lookups")
                .tags("tenant", AnswerCounts.OTHERS, "result", "miss")
                .functionCounter()
                .count())
        .isEqualTo(800);
  }

  @Test
  void statisticsHaveBytesAgesAndEvictionsOfEachTenant() {
    replica.fill("u", "text");
    for (int i = 0; i < 3; i++) {
      replica.lookup(Replica.request("u", "text"));
    }
    for (int i = 0; i < 50; i++) {
      replica.fill("t", "text " + i);
    }
    Map<String, Statistics.TenantReport> tenants = statistics.now().tenants();
    Statistics.TenantReport t = tenants.get("t");
    assertThat(t.evictions()).isPositive();
    assertThat(t.memory().entries()).isPositive().isLessThan(50);
    assertThat(t.memory().bytes()).isPositive().isLessThanOrEqualTo(20_000);
    Statistics.TenantReport u = tenants.get("u");
    assertThat(u.hits()).isEqualTo(3);
    assertThat(u.bytesServed()).isEqualTo(3L * Replica.answer("text").length);
    assertThat(u.secondsSaved()).isEqualTo(0.3);
    assertThat(u.meanAgeSeconds()).isBetween(0.0, 60.0);
    Statistics.TierReport memory = statistics.now().tiers().get("memory");
    Statistics.TierReport disk = statistics.now().tiers().get("rocksdb");
    assertThat(memory.evictions()).isEqualTo(t.evictions() + u.evictions());
    assertThat(memory.secondsSaved() + disk.secondsSaved()).isBetween(0.299, 0.301);
    assertThat(memory.bytes()).isEqualTo(t.memory().bytes() + u.memory().bytes());
  }
}
