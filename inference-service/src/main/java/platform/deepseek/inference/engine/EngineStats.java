package platform.deepseek.inference.engine;

/**
 * What the engine holds after its latest step.
 *
 * @param running sequences with a slot
 * @param waiting sequences without one, preempted ones included
 * @param kvBlocksUsed blocks of running sequences
 * @param kvBlocksCached blocks kept as prefixes, given up when room is short
 * @param kvBlocksTotal the memory budget
 */
public record EngineStats(
    int running, int waiting, int kvBlocksUsed, int kvBlocksCached, int kvBlocksTotal) {

  EngineStats plus(EngineStats other) {
    return new EngineStats(
        running + other.running,
        waiting + other.waiting,
        kvBlocksUsed + other.kvBlocksUsed,
        kvBlocksCached + other.kvBlocksCached,
        kvBlocksTotal + other.kvBlocksTotal);
  }

  /** The share of the budget that running sequences hold, 0 to 1. */
  public double kvUsage() {
    return (double) kvBlocksUsed / kvBlocksTotal;
  }
}
