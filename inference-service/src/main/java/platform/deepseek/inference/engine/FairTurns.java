package platform.deepseek.inference.engine;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Parties that take turns by what they got: each has a counter of tokens divided by its weight, and
 * the one with the least is next. A party that was away is lifted to the least counter of those who
 * wait: silence earns no credit. Not thread safe.
 *
 * @param <T> what is waited with
 * @param <P> the parties: tenants, and within each of them those who hold its keys
 */
final class FairTurns<T, P extends FairTurns.Party<T>> {

  /**
   * Parties that are kept before those without a debt are forgotten. Where many have one, twice as
   * many as were left: looking through them stays cheap for each turn.
   */
  private static final int MOST_IDLE = 1_024;

  /** Somebody who takes turns with others. */
  abstract static class Party<T> {
    double counter;
    int waiting;

    /** Of its entries that are ready the one whose turn it is. */
    abstract Optional<FairQueue.Entry<T>> next(Predicate<T> ready);
  }

  private record Turn<T>(Party<T> party, FairQueue.Entry<T> entry) {}

  private final Map<String, P> parties = new HashMap<>();

  /** Those of them with an entry: few, however many there have been. */
  private final Set<P> waiting = new HashSet<>();

  private final Supplier<P> fresh;

  /** Counter of the party that was served last: nobody starts with less. */
  private double clock;

  private int most = MOST_IDLE;

  FairTurns(Supplier<P> fresh) {
    this.fresh = fresh;
  }

  /** One of its entries waits from now on. */
  P join(String name) {
    P party = party(name);
    if (party.waiting == 0) {
      party.counter = Math.max(party.counter, least());
      waiting.add(party);
    }
    party.waiting++;
    return party;
  }

  /** One of its entries waits no more. */
  void leave(P party) {
    party.waiting--;
    if (party.waiting == 0) {
      waiting.remove(party);
    }
  }

  /** One of its entries was served: whoever comes from now on begins no earlier than it. */
  void served(P party) {
    clock = Math.max(clock, party.counter);
    if (parties.size() > most) { // who is no better than a new one need not be remembered
      parties.values().removeIf(idle -> idle.waiting == 0 && idle.counter <= clock);
      most = Math.max(MOST_IDLE, 2 * parties.size());
    }
  }

  /** Somebody got so many tokens. */
  P charge(String name, double tokens) {
    P party = party(name);
    party.counter += tokens;
    return party;
  }

  /** Whose turn it is of those that are ready; of parties that got the same, who came first. */
  Optional<FairQueue.Entry<T>> next(Predicate<T> ready) {
    return waiting.stream()
        .flatMap(party -> party.next(ready).map(entry -> new Turn<>(party, entry)).stream())
        .min(
            Comparator.<Turn<T>>comparingDouble(turn -> turn.party().counter)
                .thenComparingLong(turn -> turn.entry().number()))
        .map(Turn::entry);
  }

  /** What somebody who comes back has at least. */
  private double least() {
    return waiting.stream()
        .mapToDouble(party -> Math.max(clock, party.counter))
        .min()
        .orElse(clock);
  }

  private P party(String name) {
    return parties.computeIfAbsent(name, unknown -> fresh.get());
  }
}
