package platform.deepseek.auth.traffic;

import java.util.HashMap;
import java.util.Map;

/**
 * Counts of the sources that are seen most, in bounded memory, however many others there are (Misra
 * and Gries, 1982; many counters dropped at once as in Anderson et al., 2017).
 *
 * <p>When there is no room for one more, the middle one of all counts is taken from each, and what
 * has nothing left is dropped. A count is therefore never too high, so that nobody is accused of
 * what they did not send, and too low by at most two requests of every capacity-th: with room for
 * 4,096, whoever sends a thousand is missed only among more than two million of others.
 */
final class HeavyHitters {

  private final int capacity;
  private final Map<String, long[]> counts = new HashMap<>();

  HeavyHitters(int capacity) {
    this.capacity = capacity;
  }

  void add(String source, long requests) {
    long[] count = counts.get(source);
    if (count != null) {
      count[0] += requests;
      return;
    }
    if (counts.size() >= capacity) {
      makeRoom();
    }
    counts.put(source, new long[] {requests});
  }

  private void makeRoom() {
    long[] sorted = counts.values().stream().mapToLong(count -> count[0]).sorted().toArray();
    long middle = sorted[sorted.length / 2];
    counts.values().removeIf(count -> (count[0] -= middle) <= 0);
  }

  long count(String source) {
    long[] count = counts.get(source);
    return count == null ? 0 : count[0];
  }

  int size() {
    return counts.size();
  }

  /** At least so many requests of each. */
  Map<String, Long> counts() {
    Map<String, Long> copy = HashMap.newHashMap(counts.size());
    counts.forEach((source, count) -> copy.put(source, count[0]));
    return copy;
  }
}
