package platform.deepseek.cache.lease;

import platform.deepseek.cache.entry.Address;

/**
 * The right to compute one answer and to hand it in.
 *
 * @param fence grows with every lease of a key: of two that both think they hold it, the smaller
 *     one is late
 * @param lifeMillis that the answer may be kept
 */
public record Lease(Address address, long fence, long lifeMillis) {

  /** Under which others follow. */
  public StreamName stream() {
    return new StreamName(address.key(), fence);
  }
}
