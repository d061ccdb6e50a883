package platform.deepseek.inference.kv;

import java.util.List;

/**
 * Where a sequence can go, an answer of {@link SlotPool#place} for {@link SlotPool#take}.
 *
 * @param slot the slot it gets
 * @param reused tokens of its prefix that need not be computed, a multiple of the block size
 * @param copiedFrom the slot that prefix is copied from; the slot itself when it is taken over with
 *     its content; -1 when nothing is reused
 * @param evicted cached slots that lose their content to make room
 * @param reserved tokens the slot has room for afterwards
 */
public record Placement(int slot, int reused, int copiedFrom, List<Integer> evicted, int reserved) {

  public Placement {
    evicted = List.copyOf(evicted);
  }
}
