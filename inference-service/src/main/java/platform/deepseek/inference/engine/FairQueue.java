package platform.deepseek.inference.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Those who wait for a place, and whose turn it is.
 *
 * <p>Priorities are strict: while somebody of a better one waits, the others do. Tenants of one
 * priority share the engine by tokens, not by requests, because requests differ by a factor of a
 * thousand: each tenant has a counter of the tokens it got, divided by its weight, and the one with
 * the least is next (the virtual token counter of Sheng et al., "Fairness in Serving Large Language
 * Models", OSDI 2024). Prompts count when they start, answers while they grow, so nothing has to be
 * guessed beforehand. A tenant that was away is lifted to the least counter of those who wait:
 * silence earns no credit. Within a tenant it is first come, first served.
 *
 * <p>Strict priorities alone would let a busy tenant starve the others for ever. So every {@value
 * #OLDEST_EVERY}th turn belongs to whoever has waited longest, whatever the priority: the best one
 * keeps nearly everything, and everybody's turn comes. That needs no clock, and a run stays a
 * function of the requests.
 *
 * <p>With one tenant and one priority, as in a service alone, this is a queue. Not thread safe.
 */
final class FairQueue<T> {

  /** One turn of so many belongs to the oldest. */
  static final int OLDEST_EVERY = 16;

  /** Idle lines that are kept before those without a debt are forgotten. */
  private static final int MOST_IDLE = 1_024;

  private record Entry<T>(T item, long number, Tier<T> tier, Line<T> line) {}

  /** The requests of one tenant in one priority. */
  private static final class Line<T> {
    private final Deque<Entry<T>> entries = new ArrayDeque<>();
    private double counter;
  }

  /** The lines of one priority. */
  private static final class Tier<T> {
    private final Map<String, Line<T>> lines = new HashMap<>();
    private int waiting;

    /** Counter of the line that was served last: nobody starts with less. */
    private double clock;

    Line<T> line(String tenant) {
      return lines.computeIfAbsent(tenant, unknown -> new Line<>());
    }

    /** The first of the line whose turn it is; somebody has to wait. */
    Entry<T> next() {
      return lines.values().stream()
          .filter(line -> !line.entries.isEmpty())
          .min(
              Comparator.<Line<T>>comparingDouble(line -> line.counter)
                  .thenComparingLong(line -> line.entries.getFirst().number()))
          .orElseThrow()
          .entries
          .getFirst();
    }

    /** What a tenant that comes back has at least. */
    double least() {
      return waiting == 0 ? clock : Math.max(clock, next().line().counter);
    }

    /** A line without requests that is no better than a new one need not be remembered. */
    void forget() {
      if (lines.size() > MOST_IDLE) {
        lines.values().removeIf(line -> line.entries.isEmpty() && line.counter <= clock);
      }
    }
  }

  /** They had a place already and lost it: the next turns are theirs. */
  private final Deque<T> returned = new ArrayDeque<>();

  private final List<Tier<T>> tiers = new ArrayList<>();

  /** All others, in the order in which they came. */
  private final SequencedMap<T, Entry<T>> entries = new LinkedHashMap<>();

  private long arrivals;
  private int turns;

  FairQueue() {
    for (int priority = 0; priority <= Share.LOWEST; priority++) {
      tiers.add(new Tier<>());
    }
  }

  /** Joins the end of its tenant's line. */
  void add(T item, Share share) {
    Tier<T> tier = tiers.get(share.priority());
    Line<T> line = tier.line(share.tenant());
    if (line.entries.isEmpty()) {
      line.counter = Math.max(line.counter, tier.least());
    }
    var entry = new Entry<>(item, arrivals++, tier, line);
    line.entries.addLast(entry);
    tier.waiting++;
    entries.put(item, entry);
  }

  /** Comes back to the front of all. */
  void addFirst(T item) {
    returned.addFirst(item);
  }

  /** Whose turn it is, or null when nobody waits. */
  T peek() {
    if (!returned.isEmpty()) {
      return returned.getFirst();
    }
    return entries.isEmpty() ? null : next().item();
  }

  /** Takes whose turn it is, or null when nobody waits. */
  T take() {
    if (!returned.isEmpty()) {
      return returned.removeFirst();
    }
    if (entries.isEmpty()) {
      return null;
    }
    Entry<T> next = next();
    turns = (turns + 1) % OLDEST_EVERY;
    next.tier().clock = Math.max(next.tier().clock, next.line().counter);
    leave(next);
    next.tier().forget();
    return next.item();
  }

  /** Of the best priority in which somebody waits, or the oldest of all. */
  private Entry<T> next() {
    if (turns == OLDEST_EVERY - 1) {
      return entries.firstEntry().getValue();
    }
    return tiers.stream().filter(tier -> tier.waiting > 0).findFirst().orElseThrow().next();
  }

  private void leave(Entry<T> entry) {
    entry.line().entries.remove(entry);
    entry.tier().waiting--;
    entries.remove(entry.item());
  }

  /** A tenant got so many tokens. */
  void charge(Share share, long tokens) {
    tiers.get(share.priority()).line(share.tenant()).counter += (double) tokens / share.weight();
  }

  /** False when it does not wait here. */
  boolean remove(T item) {
    Entry<T> entry = entries.get(item);
    if (entry == null) {
      return returned.remove(item);
    }
    leave(entry);
    return true;
  }

  boolean contains(T item) {
    return entries.containsKey(item) || returned.contains(item);
  }

  /** Those who came back, then the others in the order in which they came; a copy. */
  List<T> all() {
    List<T> all = new ArrayList<>(size());
    all.addAll(returned);
    all.addAll(entries.keySet());
    return all;
  }

  int size() {
    return returned.size() + entries.size();
  }

  boolean isEmpty() {
    return returned.isEmpty() && entries.isEmpty();
  }
}
