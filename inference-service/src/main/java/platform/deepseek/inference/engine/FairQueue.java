package platform.deepseek.inference.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;

/**
 * Those who wait for a place, and whose turn it is.
 *
 * <p>Priorities are strict: while somebody of a better one waits, the others do. Tenants of one
 * priority share the engine by tokens, not by requests, because requests differ by a factor of a
 * thousand: {@link FairTurns} (the virtual token counter of Sheng et al., "Fairness in Serving
 * Large Language Models", OSDI 2024). What a tenant gets, those who hold its keys share in the same
 * way, so that a colleague's thousand requests are in nobody's way; of one holder it is first come,
 * first served. Prompts count when they start, answers while they grow, so nothing has to be
 * guessed beforehand.
 *
 * <p>Strict priorities alone would let a busy tenant starve the others for ever. So every {@value
 * #OLDEST_EVERY}th turn belongs to whoever has waited longest, whatever the priority: the best one
 * keeps nearly everything, and everybody's turn comes. That needs no clock, and a run stays a
 * function of the requests.
 *
 * <p>With one tenant, holder and priority, as in a service alone, this is a queue. Not thread safe.
 */
final class FairQueue<T> {

  /** One turn of so many belongs to the oldest. */
  static final int OLDEST_EVERY = 16;

  record Entry<T>(T item, long number, Share share, Tenant<T> tenant, Holder<T> holder) {}

  /** The requests of one holder of a tenant, in one priority. */
  private static final class Holder<T> extends FairTurns.Party<T> {
    private final Deque<Entry<T>> entries = new ArrayDeque<>();

    @Override
    Optional<Entry<T>> next(Predicate<T> ready) {
      return entries.stream().filter(entry -> ready.test(entry.item())).findFirst();
    }
  }

  /** The requests of one tenant in one priority. */
  private static final class Tenant<T> extends FairTurns.Party<T> {
    private final FairTurns<T, Holder<T>> holders = new FairTurns<>(Holder::new);

    @Override
    Optional<Entry<T>> next(Predicate<T> ready) {
      return holders.next(ready);
    }
  }

  /** They had a place already and lost it: the next turns are theirs. */
  private final Deque<T> returned = new ArrayDeque<>();

  /** Tenants by priority. */
  private final List<FairTurns<T, Tenant<T>>> tiers = new ArrayList<>();

  /** All others, in the order in which they came. */
  private final SequencedMap<T, Entry<T>> entries = new LinkedHashMap<>();

  private long arrivals;
  private int turns;

  FairQueue() {
    for (int priority = 0; priority <= Share.LOWEST; priority++) {
      tiers.add(new FairTurns<>(Tenant::new));
    }
  }

  /** Joins the end of its holder's line. */
  void add(T item, Share share) {
    Tenant<T> tenant = tiers.get(share.priority()).join(share.tenant());
    Holder<T> holder = tenant.holders.join(share.holder());
    var entry = new Entry<>(item, arrivals++, share, tenant, holder);
    holder.entries.addLast(entry);
    entries.put(item, entry);
  }

  /** Comes back to the front of all. */
  void addFirst(T item) {
    returned.addFirst(item);
  }

  /** Whose turn it is, or null when nobody waits. */
  T peek() {
    return peek(everybody -> true);
  }

  /** Whose turn it is of those that are ready, or null when nobody is. */
  T peek(Predicate<T> ready) {
    return returned.stream()
        .filter(ready)
        .findFirst()
        .or(() -> next(ready).map(Entry::item))
        .orElse(null);
  }

  /** Takes whose turn it is, or null when nobody waits. */
  T take() {
    T next = peek();
    if (next != null) {
      take(next);
    }
    return next;
  }

  /**
   * Takes the one that {@link #peek} named. By name, because readiness may change between two
   * questions: the next one's turn may be another's by now, who would leave the queue unseen.
   */
  void take(T item) {
    if (returned.remove(item)) {
      return;
    }
    Entry<T> next = entries.get(item);
    turns = (turns + 1) % OLDEST_EVERY;
    leave(next);
    tiers.get(next.share().priority()).served(next.tenant());
    next.tenant().holders.served(next.holder());
  }

  /** Of the best priority in which somebody is ready, or the oldest of all who are. */
  private Optional<Entry<T>> next(Predicate<T> ready) {
    if (turns == OLDEST_EVERY - 1) {
      return entries.values().stream().filter(entry -> ready.test(entry.item())).findFirst();
    }
    return tiers.stream().map(tier -> tier.next(ready)).flatMap(Optional::stream).findFirst();
  }

  private void leave(Entry<T> entry) {
    entry.holder().entries.remove(entry);
    entry.tenant().holders.leave(entry.holder());
    tiers.get(entry.share().priority()).leave(entry.tenant());
    entries.remove(entry.item());
  }

  /** Somebody got so many tokens. */
  void charge(Share share, long tokens) {
    tiers
        .get(share.priority())
        .charge(share.tenant(), (double) tokens / share.weight())
        .holders
        .charge(share.holder(), (double) tokens / share.holderWeight());
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
