package platform.deepseek.auth.traffic;

import io.vertx.redis.client.Redis;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import platform.deepseek.auth.network.ClientAddress;

/**
 * Watches how many requests come from each source, let in or not. A request costs a count in
 * memory; once a second the counts are brought together in Redis, and whoever went beyond the limit
 * is told of by the one replica whose count was the last. While Redis is away each replica tells of
 * what it sees itself.
 */
public final class SourceWatch {

  private static final Logger LOG = Logger.getLogger(SourceWatch.class);
  private static final int CAPACITY = 4_096;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final long limit;
  private final Optional<SharedSources> shared;
  private final OwnSources own;
  private final List<SourceAlerts> listeners;
  private final InstantSource clock;
  private final Object counting = new Object();
  private HeavyHitters seen = new HeavyHitters(CAPACITY); // guarded by counting

  /**
   * @param limit requests of a minute that nobody is told of; 0 watches nothing
   */
  public SourceWatch(
      long limit, Optional<Redis> redis, List<SourceAlerts> listeners, InstantSource clock) {
    this.limit = limit;
    this.shared = redis.map(client -> new SharedSources(client, limit));
    this.own = new OwnSources(limit);
    this.listeners = List.copyOf(listeners);
    this.clock = clock;
  }

  /** One request. */
  public void count(ClientAddress client) {
    if (limit > 0) {
      String source = client.network();
      synchronized (counting) {
        seen.add(source, 1);
      }
    }
  }

  /** To be called every second by one thread. */
  public void tick() {
    Map<String, Long> requests = take();
    if (requests.isEmpty()) {
      return;
    }
    List<SourceAlert> alone = own.add(clock.instant().getEpochSecond(), requests);
    for (SourceAlert alert : shared.isEmpty() ? alone : together(requests, alone)) {
      listeners.forEach(listener -> listener.raised(alert));
    }
  }

  private List<SourceAlert> together(Map<String, Long> requests, List<SourceAlert> alone) {
    try {
      return shared
          .get()
          .add(requests)
          .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      LOG.debugf("sources are watched by this replica alone: %s", e.getCause().getMessage());
      return alone;
    }
  }

  private Map<String, Long> take() {
    HeavyHitters last;
    synchronized (counting) {
      if (seen.size() == 0) {
        return Map.of();
      }
      last = seen;
      seen = new HeavyHitters(CAPACITY);
    }
    return last.counts();
  }
}
