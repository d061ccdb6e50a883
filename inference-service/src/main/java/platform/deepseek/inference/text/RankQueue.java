package platform.deepseek.inference.text;

import java.util.Arrays;

/** Places by rank, the lowest first, and of equal ranks the leftmost: a binary heap of longs. */
final class RankQueue {

  private long[] heap;
  private int size;

  RankQueue(int capacity) {
    heap = new long[Math.max(capacity, 4)];
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The first one's rank. */
  int rank() {
    return (int) (heap[0] >>> 32);
  }

  /** The first one's place. */
  int place() {
    return (int) heap[0];
  }

  /**
   * @param rank 0 and more
   * @param place 0 and more
   */
  void add(int rank, int place) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, size + (size >> 1));
    }
    long added = (long) rank << 32 | place;
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >> 1;
      if (heap[parent] <= added) {
        break;
      }
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = added;
  }

  /** Takes the first one away. */
  void remove() {
    long moved = heap[--size];
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && heap[child + 1] < heap[child]) {
        child++;
      }
      if (moved <= heap[child]) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = moved;
  }
}
