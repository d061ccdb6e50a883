package platform.deepseek.inference.engine;

/**
 * Memory of a device that keys and values have, where it follows their tokens.
 *
 * @param mappedBytes with memory behind them, what is about to be given back included
 * @param usedBytes of the tokens that are held
 */
public record KvMemory(long mappedBytes, long usedBytes) {

  KvMemory plus(KvMemory other) {
    return new KvMemory(mappedBytes + other.mappedBytes, usedBytes + other.usedBytes);
  }
}
