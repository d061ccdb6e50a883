package platform.deepseek.inference.kv;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Finds the slots that hold the longest prefix of given tokens.
 *
 * <p>A map from a block's chained hash to the slots with that block. Because a hash names the whole
 * prefix before it, a slot in the entry of block n is in the entries of all blocks before n, so the
 * search walks forward and stops at the first block nobody has (vLLM's scheme; a radix tree as in
 * SGLang finds the same prefixes token by token, but must be split and merged). Hashes only
 * propose: the pool compares tokens before it believes.
 */
final class PrefixIndex {

  /** The slots that hold the first {@code blocks} blocks; none and 0 when nothing matches. */
  record Match(BitSet slots, int blocks) {}

  private final Map<BlockHash, BitSet> holders = new HashMap<>();

  void add(int slot, HashedTokens tokens, int fromBlock, int toBlock) {
    for (int block = fromBlock; block < toBlock; block++) {
      holders.computeIfAbsent(tokens.hash(block), hash -> new BitSet()).set(slot);
    }
  }

  void remove(int slot, HashedTokens tokens, int fromBlock, int toBlock) {
    for (int block = fromBlock; block < toBlock; block++) {
      BlockHash hash = tokens.hash(block);
      BitSet slots = holders.get(hash);
      if (slots == null || !slots.get(slot)) {
        throw new IllegalStateException(
            "block %d of slot %d is not in the prefix index".formatted(block, slot));
      }
      slots.clear(slot);
      if (slots.isEmpty()) {
        holders.remove(hash);
      }
    }
  }

  /** Changes nothing; the answer holds until the next {@code add} or {@code remove}. */
  Match longestMatch(HashedTokens tokens, int maxBlocks) {
    var slots = new BitSet();
    int blocks = 0;
    while (blocks < maxBlocks) {
      BitSet next = holders.get(tokens.hash(blocks));
      if (next == null) {
        break;
      }
      slots = next;
      blocks++;
    }
    return new Match((BitSet) slots.clone(), blocks);
  }

  boolean contains(int slot, BlockHash hash) {
    BitSet slots = holders.get(hash);
    return slots != null && slots.get(slot);
  }

  /** Pairs of block and slot. */
  int size() {
    return holders.values().stream().mapToInt(BitSet::cardinality).sum();
  }
}
