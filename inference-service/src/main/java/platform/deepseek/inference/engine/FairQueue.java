package platform.deepseek.inference.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  private record Entry<T>(T item, long number) {}

  /** The requests of one tenant in one priority. */
  private static final class Line<T> {
    private final Deque<Entry<T>> entries = new ArrayDeque<>();
    private double counter;

    long oldest() {
      return entries.getFirst().number();
    }
  }

  /** The lines of one priority. */
  private static final class Tier<T> {
    private final Map<String, Line<T>> lines = new HashMap<>();

    /** Counter of the line that was served last: nobody starts with less. */
    private double clock;

    Line<T> line(String tenant) {
      return lines.computeIfAbsent(tenant, unknown -> new Line<>());
    }

    /** The line whose turn it is, or null when none waits. */
    Line<T> next() {
      return lines.values().stream()
          .filter(line -> !line.entries.isEmpty())
          .min(
              Comparator.<Line<T>>comparingDouble(line -> line.counter)
                  .thenComparingLong(Line::oldest))
          .orElse(null);
    }

    double least() {
      Line<T> next = next();
      return next == null ? clock : Math.max(clock, next.counter);
    }
  }

  /** They had a place already and lost it: the next turns are theirs. */
  private final Deque<T> returned = new ArrayDeque<>();

  private final List<Tier<T>> tiers = new ArrayList<>();
  private long arrivals;
  private int turns;
  private int size;

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
    line.entries.addLast(new Entry<>(item, arrivals++));
    size++;
  }

  /** Comes back to the front of all. */
  void addFirst(T item) {
    returned.addFirst(item);
    size++;
  }

  /** Whose turn it is, or null when nobody waits. */
  T peek() {
    if (!returned.isEmpty()) {
      return returned.getFirst();
    }
    Tier<T> tier = nextTier();
    return tier == null ? null : turn(tier).entries.getFirst().item();
  }

  /** Takes whose turn it is, or null when nobody waits. */
  T take() {
    if (!returned.isEmpty()) {
      size--;
      return returned.removeFirst();
    }
    Tier<T> tier = nextTier();
    if (tier == null) {
      return null;
    }
    Line<T> line = turn(tier);
    tier.clock = Math.max(tier.clock, line.counter);
    turns = (turns + 1) % OLDEST_EVERY;
    size--;
    T taken = line.entries.removeFirst().item();
    forget(tier);
    return taken;
  }

  /** The priority that is served now: the best in which somebody waits, or that of the oldest. */
  private Tier<T> nextTier() {
    if (turns == OLDEST_EVERY - 1) {
      return tiers.stream()
          .filter(tier -> tier.next() != null)
          .min(Comparator.comparingLong(tier -> oldest(tier).oldest()))
          .orElse(null);
    }
    return tiers.stream().filter(tier -> tier.next() != null).findFirst().orElse(null);
  }

  private Line<T> turn(Tier<T> tier) {
    return turns == OLDEST_EVERY - 1 ? oldest(tier) : tier.next();
  }

  private static <T> Line<T> oldest(Tier<T> tier) {
    return tier.lines.values().stream()
        .filter(line -> !line.entries.isEmpty())
        .min(Comparator.comparingLong(Line::oldest))
        .orElseThrow();
  }

  /** A line without requests that is no better than a new one need not be remembered. */
  private static <T> void forget(Tier<T> tier) {
    if (tier.lines.size() > MOST_IDLE) {
      tier.lines
          .values()
          .removeIf(line -> line.entries.isEmpty() && line.counter <= tier.clock);
    }
  }

  /** A tenant got so many tokens. */
  void charge(Share share, long tokens) {
    tiers.get(share.priority()).line(share.tenant()).counter += (double) tokens / share.weight();
  }

  /** False when it does not wait here. */
  boolean remove(T item) {
    boolean removed = returned.remove(item);
    for (Tier<T> tier : tiers) {
      for (Line<T> line : tier.lines.values()) {
        removed |= line.entries.removeIf(entry -> entry.item() == item);
      }
    }
    size -= removed ? 1 : 0;
    return removed;
  }

  boolean contains(T item) {
    return returned.contains(item)
        || tiers.stream()
            .flatMap(tier -> tier.lines.values().stream())
            .flatMap(line -> line.entries.stream())
            .anyMatch(entry -> entry.item() == item);
  }

  /** Those who came back, then the others in the order in which they came; a copy. */
  List<T> all() {
    List<T> all = new ArrayList<>(returned);
    tiers.stream()
        .flatMap(tier -> tier.lines.values().stream())
        .flatMap(line -> line.entries.stream())
        .sorted(Comparator.comparingLong(Entry::number))
        .forEach(entry -> all.add(entry.item()));
    return all;
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }
}
