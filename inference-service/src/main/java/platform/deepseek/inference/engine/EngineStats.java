package platform.deepseek.inference.engine;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the engine holds after its latest step; of several engines the sums.
 *
 * @param serving engines that take requests: 1, or 0 when its device is lost
 * @param lost engines whose device is lost: 1 or 0
 * @param running sequences with a slot
 * @param waiting sequences without one, preempted ones included
 * @param batchLimit sequences that may run: fewer than configured after memory ran out
 * @param kvBlocksUsed blocks of running sequences
 * @param kvBlocksCached blocks kept as prefixes, given up when room is short
 * @param kvBlocksTotal the memory budget; 0 when the device is lost
 * @param kvMemory empty where memory does not follow tokens
 */
public record EngineStats(
    int serving,
    int lost,
    int running,
    int waiting,
    int batchLimit,
    int kvBlocksUsed,
    int kvBlocksCached,
    int kvBlocksTotal,
    Optional<KvMemory> kvMemory) {

  /** Of no engine, with so many requests that wait before all of them. */
  static EngineStats waiting(int waiting) {
    return new EngineStats(0, 0, 0, waiting, 0, 0, 0, 0, Optional.empty());
  }

  /** Of an engine without its device. */
  static EngineStats deviceLost() {
    return new EngineStats(0, 1, 0, 0, 0, 0, 0, 0, Optional.empty());
  }

  EngineStats plus(EngineStats other) {
    return new EngineStats(
        serving + other.serving,
        lost + other.lost,
        running + other.running,
        waiting + other.waiting,
        batchLimit + other.batchLimit,
        kvBlocksUsed + other.kvBlocksUsed,
        kvBlocksCached + other.kvBlocksCached,
        kvBlocksTotal + other.kvBlocksTotal,
        Stream.of(kvMemory, other.kvMemory).flatMap(Optional::stream).reduce(KvMemory::plus));
  }

  /** The share of the budget that running sequences hold, 0 to 1. */
  public double kvUsage() {
    return share(kvBlocksUsed);
  }

  /** The share of the budget that holds prefixes for reuse, 0 to 1. */
  public double kvPrefixes() {
    return share(kvBlocksCached);
  }

  private double share(int blocks) {
    return kvBlocksTotal == 0 ? 0 : (double) blocks / kvBlocksTotal;
  }
}
