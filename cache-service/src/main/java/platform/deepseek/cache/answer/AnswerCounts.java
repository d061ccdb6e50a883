package platform.deepseek.cache.answer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What lookups came to, together and by tenant. */
public final class AnswerCounts {

  /** The name under which tenants beyond the first ones are counted together. */
  public static final String OTHERS = "others";

  private static final int MOST_TENANTS = 200;

  /** Of one tenant, or of all. */
  public static final class Tally {
    public final LongAdder hits = new LongAdder();
    public final LongAdder leads = new LongAdder();
    public final LongAdder follows = new LongAdder();
    public final LongAdder passes = new LongAdder();
    public final LongAdder savedMillis = new LongAdder();

    void add(Outcome outcome) {
      switch (outcome) {
        case Outcome.Hit hit -> {
          hits.increment();
          savedMillis.add(hit.entry().computeMillis());
        }
        case Outcome.Lead lead -> leads.increment();
        case Outcome.Follow follow -> follows.increment();
        case Outcome.Pass pass -> passes.increment();
      }
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
