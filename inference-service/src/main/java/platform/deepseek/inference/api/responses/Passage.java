package platform.deepseek.inference.api.responses;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Some items of a conversation and the passage in front of them. Conversations that went on from
 * the same response share their beginning, which is kept and counted once.
 */
final class Passage {

  final Passage before; // null at the beginning
  final List<Item> items;

  /** Responses that end with it and passages that follow it; guarded by the store. */
  int holders;

  Passage(Passage before, List<Item> items) {
    this.before = before;
    this.items = List.copyOf(items);
  }

  /** The whole conversation up to its end. */
  List<Item> conversation() {
    Deque<Passage> passages = new ArrayDeque<>();
    for (Passage passage = this; passage != null; passage = passage.before) {
      passages.addFirst(passage);
    }
    List<Item> all = new ArrayList<>();
    passages.forEach(passage -> all.addAll(passage.items));
    return all;
  }

  /** Bytes of memory of its own items. */
  long size() {
    return 64 + items.stream().mapToLong(Item::size).sum();
  }
}
