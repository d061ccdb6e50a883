package platform.deepseek.cache.answer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import platform.deepseek.cache.entry.Entry;

/** What lookups came to, together and by tenant. */
public final class AnswerCounts {

  /** The name under which tenants beyond the first ones are counted together. */
  public static final String OTHERS = "others";

  /** The name under which entries of all tenants are counted. */
  public static final String SHARED = "shared";

  private static final int MOST_TENANTS = 200;

  /** Of one tenant, or of all. */
  public static final class Tally {
    public final LongAdder hits = new LongAdder();
    public final LongAdder similarHits = new LongAdder();
    public final LongAdder leads = new LongAdder();
    public final LongAdder follows = new LongAdder();
    public final LongAdder passes = new LongAdder();
    public final LongAdder savedMillis = new LongAdder();
    public final LongAdder bytesServed = new LongAdder();
    public final LongAdder ageSeconds = new LongAdder();
    public final LongAdder evictions = new LongAdder();

    void add(Outcome outcome) {
      switch (outcome) {
        case Outcome.Hit hit -> {
          hits.increment();
          served(hit.entry(), hit.ageSeconds());
        }
        case Outcome.SimilarHit hit -> {
          similarHits.increment();
          served(hit.entry(), hit.ageSeconds());
        }
        case Outcome.Lead lead -> leads.increment();
        case Outcome.Follow follow -> follows.increment();
        case Outcome.Pass pass -> passes.increment();
      }
    }

    private void served(Entry entry, long age) {
      savedMillis.add(entry.computeMillis());
      bytesServed.add(entry.json().length);
      ageSeconds.add(age);
    }

    /** How old answers were when they were found, on average; 0 where none was. */
    public double meanAgeSeconds() {
      long all = hits.sum() + similarHits.sum();
      return all == 0 ? 0 : (double) ageSeconds.sum() / all;
    }

    public long misses() {
      return leads.sum() + follows.sum() + passes.sum();
    }
  }

  private final Tally all = new Tally();
  private final Map<String, Tally> tenants = new ConcurrentHashMap<>();

  void add(String tenant, Outcome outcome) {
    all.add(outcome);
    tally(tenant).add(outcome);
  }

  /** An entry of somebody's had to go for others. */
  public void evicted(String owner) {
    all.evictions.increment();
    tally(owner.isEmpty() ? SHARED : owner).evictions.increment();
  }

  public Tally all() {
    return all;
  }

  public Map<String, Tally> tenants() {
    return Map.copyOf(tenants);
  }

  /** A tenant that is gone is counted no more. */
  public void forget(String tenant) {
    tenants.remove(tenant);
  }

  private Tally tally(String tenant) {
    Tally known = tenants.get(tenant);
    if (known != null) {
      return known;
    }
    String name = tenants.size() < MOST_TENANTS ? tenant : OTHERS;
    return tenants.computeIfAbsent(name, fresh -> new Tally());
  }
}
