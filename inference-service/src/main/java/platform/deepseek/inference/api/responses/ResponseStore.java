package platform.deepseek.inference.api.responses;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.account.Caller;

/**
 * The responses that can be asked for again, in memory. Two limits hold: their number, and the
 * bytes they keep from being collected, which are more than their own when an older response left
 * whose conversation goes on in them. The oldest that has ended leaves first; those that still run
 * are few, because the engine's queue is bounded.
 */
@Singleton
final class ResponseStore {

  private record Key(Caller caller, String id) {}

  /** A response and the conversation that is kept for it. */
  private record Entry(LiveResponse response, Passage kept) {}

  private final int limit;
  private final long memory;
  private final Map<Key, Entry> responses = new LinkedHashMap<>();

  /** Items by their ids, the latest last: a conversation that is sent again has the same ones. */
  private final Map<Key, Deque<Item>> items = new HashMap<>();

  private long bytes;

  @Inject
  ResponseStore(ServiceConfig config) {
    this(config.responsesLimit(), config.responsesMemory().asLongValue());
  }

  /**
   * @param limit responses at most
   * @param memory bytes at most
   */
  ResponseStore(int limit, long memory) {
    this.limit = limit;
    this.memory = memory;
  }

  /** Keeps a response that begins. */
  synchronized void add(LiveResponse response) {
    responses.put(key(response), new Entry(response, response.input()));
    bytes += response.size();
    hold(response.caller, response.input());
    evict();
  }

  /** The response has ended; from now on it may leave. */
  synchronized void ended(LiveResponse response) {
    Entry entry = responses.get(key(response));
    if (entry != null) {
      hold(response.caller, response.whole());
      responses.put(key(response), new Entry(response, response.whole())); // in its old place
      release(response.caller, entry.kept);
      evict();
    }
  }

  synchronized Optional<LiveResponse> find(Caller caller, String id) {
    return Optional.ofNullable(responses.get(new Key(caller, id))).map(Entry::response);
  }

  /** An item of any response that is kept. */
  synchronized Optional<Item> item(Caller caller, String id) {
    return Optional.ofNullable(items.get(new Key(caller, id))).map(Deque::getLast);
  }

  /** Forgets a response; conversations that went on from it keep what they need. */
  synchronized void remove(LiveResponse response) {
    Entry entry = responses.remove(key(response));
    if (entry != null) {
      left(entry);
    }
  }

  synchronized int size() {
    return responses.size();
  }

  /** Bytes that are kept. */
  synchronized long bytes() {
    return bytes;
  }

  private void evict() {
    Iterator<Entry> oldest = responses.values().iterator();
    while ((responses.size() > limit || bytes > memory) && oldest.hasNext()) {
      Entry entry = oldest.next();
      if (entry.response.ended()) {
        oldest.remove();
        left(entry);
      }
    }
  }

  private void left(Entry entry) {
    bytes -= entry.response.size();
    release(entry.response.caller, entry.kept);
  }

  private void hold(Caller caller, Passage last) {
    for (Passage passage = last; passage != null; passage = passage.before) {
      if (passage.holders++ > 0) {
        return;
      }
      bytes += passage.size();
      passage.items.forEach(
          item ->
              items
                  .computeIfAbsent(new Key(caller, item.id()), key -> new ArrayDeque<>(1))
                  .addLast(item));
    }
  }

  private void release(Caller caller, Passage last) {
    for (Passage passage = last; passage != null; passage = passage.before) {
      if (--passage.holders > 0) {
        return;
      }
      bytes -= passage.size();
      passage.items.forEach(item -> forget(new Key(caller, item.id()), item));
    }
  }

  private void forget(Key key, Item item) {
    items.computeIfPresent(
        key,
        (same, held) -> {
          held.removeFirstOccurrence(item);
          return held.isEmpty() ? null : held;
        });
  }

  private static Key key(LiveResponse response) {
    return new Key(response.caller, response.id);
  }
}
