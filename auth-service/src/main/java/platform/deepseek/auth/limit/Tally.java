package platform.deepseek.auth.limit;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;

/** What one bound's requests have taken, in the memory of one process. Not safe for threads. */
final class Tally {

  private static final long SECOND = 1_000_000; // microseconds
  private static final int MINUTE = 60;

  private final ArrayDeque<Long> requests = new ArrayDeque<>(); // microseconds, oldest first
  private final TreeMap<Long, Long> tokens = new TreeMap<>(); // second -> tokens
  private long tokenSum;
  private long live;

  /** Forgets what has left its window, and what lies beyond it because the clock was set back. */
  void advance(long now) {
    while (!requests.isEmpty() && Math.abs(now - requests.peekFirst()) >= SECOND) {
      requests.removeFirst();
    }
    while (!tokens.isEmpty() && tokens.firstKey() < now / SECOND - MINUTE) {
      tokenSum -= tokens.pollFirstEntry().getValue();
    }
    while (!tokens.isEmpty() && tokens.lastKey() > now / SECOND + MINUTE) {
      tokenSum -= tokens.pollLastEntry().getValue();
    }
  }

  long requests() {
    return requests.size();
  }

  /** Microseconds until one more request fits. */
  long waitForRequest(long limit, long now) {
    int mustLeave = (int) (requests.size() - limit);
    return requests.stream().skip(mustLeave).findFirst().orElseThrow() + SECOND - now;
  }

  /** Microseconds until no request of the last second is left. */
  long requestReset(long now) {
    return requests.isEmpty() ? 0 : requests.peekLast() + SECOND - now;
  }

  void addRequest(long now) {
    requests.addLast(now);
  }

  long tokens() {
    return tokenSum;
  }

  /** Microseconds until so many tokens fit. */
  long waitForTokens(long wanted, long limit, long now) {
    long rest = tokenSum;
    for (Map.Entry<Long, Long> slot : tokens.entrySet()) {
      rest -= slot.getValue();
      if (rest + wanted <= limit) {
        return (slot.getKey() + MINUTE + 1) * SECOND - now;
      }
    }
    throw new IllegalStateException("more is wanted than the limit of " + limit);
  }

  long tokenReset(long now) {
    return tokenSum == 0 ? 0 : (now / SECOND + MINUTE + 1) * SECOND - now;
  }

  void addTokens(long second, long count) {
    tokens.merge(second, count, Long::sum);
    tokenSum += count;
  }

  /** Gives back what was taken in a second, where that second still counts. */
  void changeTokens(long second, long change) {
    if (tokens.containsKey(second)) {
      addTokens(second, change);
    }
  }

  long live() {
    return live;
  }

  void enter() {
    live++;
  }

  void leave() {
    live = Math.max(0, live - 1);
  }

  boolean isIdle() {
    return requests.isEmpty() && tokens.isEmpty() && live == 0;
  }
}
